"""Audit events of access: sign-ins, lock-outs, refusals, and API keys that are used in an unusual way.

Django and axes announce sign-ins and lock-outs by signals only, whichever page or package signs somebody in.
What somebody can provoke without end (failures, refusals) is recorded at most ``BOUND`` per action and person
or address; typed e-mail addresses of unknown accounts are never kept, because people type passwords there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import trail
from accounts.auth.backends import get_login_email
from accounts.auth.client_address import get_client_address, get_client_network
from accounts.auth.throttles import apply_rate_limit
from accounts.encryption.crypto import DigestPurpose, verify_digest
from accounts.models import ApiKey, ApiKeyAddress, User
from accounts.usage.rates import RateLimit

BOUND = RateLimit.parse("20/h")
"""Events of one action that one person, address or key can provoke."""


@transaction.atomic
def record_sign_in(user: User, request: HttpRequest | None, via: str) -> None:
    """Record that a user signed in, by a page or by the API."""
    trail.record_event("sign_in.succeeded", user, user, via=via, address=get_client_address(request))


@transaction.atomic
def record_refusal(request: HttpRequest, user: Any, reason: str) -> None:
    """Record that a signed-in user was refused (403), by the pattern of the address, which holds no data."""
    if not isinstance(user, User) or not _is_within_bound("request.refused", str(user.pk)):
        return
    route = request.resolver_match.route if request.resolver_match else ""
    detail = {"method": request.method, "route": route, "reason": reason}
    trail.record_event("request.refused", user, user, address=get_client_address(request), **detail)


@transaction.atomic
def record_refused_key(token: str, request: HttpRequest) -> None:
    """Record that a key was tried that is revoked, expired, of an inactive owner, or has another secret."""
    _, prefix, secret = (*token.split("_", 2), "", "")[:3]
    key = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    if key is None:
        return
    reason = _find_refusal_reason(key, verify_digest(DigestPurpose.API_KEY, key.digest, prefix, secret))
    if _is_within_bound("api_key.refused", f"{key.pk}:{reason}"):
        address = get_client_address(request)
        trail.record_event("api_key.refused", key, None, reason=reason, address=address)


def record_key_address(key: ApiKey, request: HttpRequest) -> None:
    """Record that a key is used from an address that it has not been used from for long.

    The first address of a key is no news. A process asks the database once a day for each key and address.
    """
    if network := get_client_network(request):
        _register_address(key.pk, network, timezone.now().toordinal())


@lru_cache(maxsize=10_000)
@transaction.atomic
def _register_address(key_id: UUID, network: str, _day: int) -> None:
    known = ApiKeyAddress.objects.filter(key_id=key_id, address=network)
    if known.update(last_used_at=timezone.now()):
        return
    is_first = not ApiKeyAddress.objects.filter(key_id=key_id).exists()
    _, is_new = ApiKeyAddress.objects.get_or_create(key_id=key_id, address=network)
    if is_new and not is_first:
        key = ApiKey.objects.select_related("user").get(pk=key_id)
        trail.record_event("api_key.new_address", key, key.user, address=network)


def _find_refusal_reason(key: ApiKey, is_secret_right: bool) -> str:
    if not is_secret_right:
        return "wrong secret"
    if key.revoked_at is not None:
        return "revoked"
    return "owner inactive" if key.is_usable else "expired"


def _is_within_bound(action: str, who: str) -> bool:
    return apply_rate_limit(f"audit:{action}:{who}", rate=BOUND).allowed


def _describe_entry(request: HttpRequest | None) -> str:
    return "api" if request is not None and request.path.startswith("/api/") else "page"


@receiver(user_logged_in)
def _handle_sign_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    record_sign_in(user, request, "page")


@receiver(user_logged_out)
@transaction.atomic
def _handle_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        trail.record_event("sign_in.ended", user, user, address=get_client_address(request))


@receiver(user_login_failed)
def _handle_failure(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        _record_failure("sign_in.failed", get_login_email(request, credentials), request)


@receiver(user_locked_out)
def _handle_lock_out(request: HttpRequest, username: str | None, **_: Any) -> None:
    _record_failure("sign_in.locked_out", username or "", request)


@transaction.atomic
def _record_failure(action: str, email: str, request: HttpRequest) -> None:
    """Record a failure against its account or, for an unknown one, against the table of users."""
    address = get_client_address(request)
    user = User.objects.filter(email=email).first()
    if _is_within_bound(action, f"{user.pk if user else 'unknown'}:{address}"):
        trail.record_event(action, user or User, None, via=_describe_entry(request), address=address)
