"""Changes that owners make to their own API keys. Each changes, records and returns in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.auth.users import issue_api_key, revoke_api_key
from accounts.models import ApiKey, User


class KeyChangeError(ValueError):
    """The change is refused; the message is one sentence for users."""


@transaction.atomic
def create_own_key(user: User, name: str, scopes: Sequence[str], lifetime: timedelta) -> tuple[ApiKey, str]:
    """Create a key of a user; return its row and the key itself, which is shown this once.

    Raises :class:`KeyChangeError` for one key too many, ``ValueError`` for an unknown scope.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests count one after the other
    limit = settings.API_KEYS_PER_USER
    if ApiKey.objects.usable(timezone.now()).filter(user=user).count() >= limit:
        text = gettext("You have %(limit)d API keys, the most that one user may have; revoke one first.")
        raise KeyChangeError(text % {"limit": limit})
    return issue_api_key(user, name, user, scopes, timezone.now() + lifetime)


@transaction.atomic
def rotate_own_key(key: ApiKey, actor: User, overlap: timedelta) -> tuple[ApiKey, str]:
    """Replace a key by one of the same name, scopes, lifetime and quota; both work until the overlap ends.

    Without an overlap the old key is revoked at once, as after a leak. Raises :class:`KeyChangeError` for a
    key that is revoked, expired or replaced already.
    """
    now = timezone.now()
    old = ApiKey.objects.select_for_update(of=("self",)).select_related("user").get(pk=key.pk)
    if not old.is_usable:
        raise KeyChangeError(gettext("This key is revoked or expired; create a new one instead."))
    if ApiKey.objects.filter(replaces=old).exists():
        raise KeyChangeError(gettext("This key has been replaced already; replace its successor."))
    new, token = issue_api_key(old.user, old.name, actor, old.scopes, _extend(old, now))
    new.replaces, new.monthly_pairs = old, old.monthly_pairs
    new.save(update_fields=["replaces", "monthly_pairs"])
    if overlap:
        old.expires_at = min(old.expires_at or now + overlap, now + overlap)
        old.save(update_fields=["expires_at"])
    else:
        revoke_api_key(old, actor)
    detail = {"new": str(new.pk), "overlap_seconds": int(overlap.total_seconds())}
    trail.record_event("api_key.rotated", old, actor, **detail)
    return new, token


def _extend(old: ApiKey, now: datetime) -> datetime | None:
    """Return when the successor of a key expires: as long from now as the old one from its creation."""
    return now + (old.expires_at - old.created_at) if old.expires_at else None
