"""What an administrator does to the account of somebody else. Each function changes and records at once."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.auth.token_sessions import end_sessions
from accounts.models import TokenSession, User
from accounts.sign_in import mail


class MailNotConfiguredError(RuntimeError):
    """A link cannot be sent, because there is no mail server."""


@transaction.atomic
def invite(user: User, actor: User | None) -> None:
    """Mail a user a link to choose a password. Raises :class:`MailNotConfiguredError`."""
    if not mail.is_configured():
        raise MailNotConfiguredError(
            gettext("No mail server is set up (EMAIL_HOST): set a password instead.")
        )
    mail.send_later(user, "invitation")
    trail.record_event("user.invited", user, actor)


@transaction.atomic
def mark_initial_password(user: User, actor: User | None) -> None:
    """Record a password that somebody else set; its owner has to change it if the policy says so."""
    user.must_change_password = settings.INITIAL_PASSWORDS_MUST_CHANGE
    user.save(update_fields=["must_change_password", "updated_at"])
    trail.record_event("user.password_set", user, actor)


@transaction.atomic
def remove_second_factors(user: User, actor: User, reason: str, address: str) -> None:
    """Remove all second factors of a user, and end their sessions."""
    Authenticator.objects.filter(user=user).delete()
    trail.record_event("user.second_factors_removed", user, actor, reason=reason)
    end_all_sessions(user, actor, "second factors removed")
    mail.send_later(user, "account_changed", what="second_factors_removed", address=address)


@transaction.atomic
def end_all_sessions(user: User, actor: User | None, reason: str) -> None:
    """Sign a user out everywhere: on the pages and in API clients."""
    for session in UserSession.objects.filter(user=user):
        session.end()
        trail.record_event("user.session_ended", user, actor, kind="pages", reason=reason)
    open_sessions = TokenSession.objects.filter(user=user).open(timezone.now())
    end_sessions(list(open_sessions.select_related("user")), actor, reason)
