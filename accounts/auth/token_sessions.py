"""Sessions of API clients: refresh tokens that rotate, and a session that ends when one is used twice.

A refresh token that comes a second time was copied: either the thief or the owner has used it before. Nobody
can tell which, so the session ends for both (RFC 9700, section 4.14.2).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.audit import trail
from accounts.auth.tokens import SESSION_CLAIM, RefreshToken
from accounts.models import TokenSession, User


@transaction.atomic
def start_session(user: User, address: str) -> RefreshToken:
    """Start a session; return its first refresh token."""
    now = timezone.now()
    expires_at = now + settings.SESSION_MAX_AGE
    session = TokenSession(
        user=user, address=address, started_at=now, refreshed_at=now, expires_at=expires_at
    )
    token = cast("RefreshToken", RefreshToken.for_user(user))
    token[SESSION_CLAIM] = str(session.pk)
    session.newest_token = token[api_settings.JTI_CLAIM]
    session.save(force_insert=True)
    return token


def rotate_token(token: RefreshToken) -> RefreshToken:
    """Use up a refresh token; return the next one, which runs out with the session at the latest.

    Raises ``AuthenticationFailed`` for a token whose session is over or whose owner may not sign in; a token
    that was used before ends its session.
    """
    with transaction.atomic():
        session = _lock_session(token)
        is_newest = session.newest_token == token[api_settings.JTI_CLAIM]
        if is_newest:
            _advance(session, token)
        else:
            end_sessions([session], None, "refresh token used twice")
    if not is_newest:
        raise AuthenticationFailed(
            gettext("This token was used before; please sign in again."), "token_spent"
        )
    return token


@transaction.atomic
def end_sessions(sessions: list[TokenSession], actor: User | None, reason: str) -> None:
    """End sessions and record each; their access tokens run out within minutes."""
    for session in sessions:
        session.ended_at = timezone.now()
        session.save(update_fields=["ended_at"])
        trail.record_event("user.session_ended", session.user, actor, kind="api", reason=reason)


def delete_old_sessions() -> int:
    """Delete the sessions that have run out; return their number."""
    deleted, _ = TokenSession.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted


def _lock_session(token: RefreshToken) -> TokenSession:
    """Return the open session of a token, locked, so that of two refreshes at once one is the second."""
    sessions = (
        TokenSession.objects.open(timezone.now()).select_for_update(of=("self",)).select_related("user")
    )
    owner, session_id = token.get(api_settings.USER_ID_CLAIM), token.get(SESSION_CLAIM)
    session = sessions.filter(pk=session_id, user_id=owner, user__is_active=True).first()
    if session is None:
        raise AuthenticationFailed(gettext("This session is over; please sign in again."), "session_over")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(session.user.password):
        raise AuthenticationFailed(
            gettext("The password was changed; please sign in again."), "password_changed"
        )
    return session


def _advance(session: TokenSession, token: RefreshToken) -> None:
    token.set_jti()
    token.set_iat()
    token.set_exp()
    token["exp"] = min(token["exp"], int(_get_end(session).timestamp()))
    session.newest_token, session.refreshed_at = token[api_settings.JTI_CLAIM], timezone.now()
    session.save(update_fields=["newest_token", "refreshed_at"])


def _get_end(session: TokenSession) -> datetime:
    """Return the end of a session; a shortened ``SESSION_MAX_AGE`` applies to open sessions too."""
    return min(session.expires_at, session.started_at + settings.SESSION_MAX_AGE).astimezone(UTC)
