"""What this product decides in place of allauth: mail, client addresses, secrets, recent authentication."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from accounts.audit import trail
from accounts.auth.client_address import get_client_address
from accounts.auth.password_limit import forget_wrong_passwords
from accounts.auth.policy import may_use_password
from accounts.auth.second_factor import has_second_factor
from accounts.auth.step_up import has_recent_authentication
from accounts.models import SecondFactorSecret, User
from accounts.sign_in import mail
from accounts.sign_in.session_clock import start_clock

_BY_PROVIDER = {
    "id": "identity_provider",
    "description": format_lazy(gettext_lazy("Sign in with {name} again"), name=settings.OIDC_NAME),
    "url": reverse_lazy("confirm_at_provider"),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package ships no types
    """Accounts are made by administrators, an invitation or the identity provider, never by signing up."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return ``False``."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits and audit events use too."""
        return get_client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing here: the package would let strangers lock out an account for everybody."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in and start the clock of the session."""
        super().login(request, user)
        start_clock(request.session)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Return whether the user has to confirm who they are; a sign-in minutes ago is enough."""
        return not has_recent_authentication(self.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to confirm: a second factor if there is one, else password or identity provider."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        by_password = may_use_password(user) and not has_second_factor(user)
        fitting = [method for method in methods if (method["id"] == "reauthenticate") == by_password]
        return fitting or ([_BY_PROVIDER] if settings.OIDC_ISSUER else [])

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Save a password that its owner chose through a link, and record it."""
        user.must_change_password = False
        super().set_password(user, password)
        forget_wrong_passwords(user.email)
        trail.record_event("user.password_reset", user, user)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send a link to somebody who may use a password; the link is made where the mail is sent."""
        if may_use_password(user):
            mail.send_later(user, "password_reset")

    def send_notification_mail(self, template_prefix: str, user: User, *_context: Any, **_more: Any) -> None:
        """Tell the owner of an account what was changed, and from where."""
        what = template_prefix.rpartition("/")[2]
        mail.send_later(user, "account_changed", what=what, address=get_client_address(self.request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing else: there is no signing up and no address to confirm."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # as above
    """Keeps the secrets of second factors in a table of their own, encrypted like names."""

    def encrypt(self, text: str) -> str:
        """Store a secret; return the id of its row."""
        return str(SecondFactorSecret.objects.create(secret=text).pk)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret of a row."""
        return SecondFactorSecret.objects.get(pk=encrypted_text).secret


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # as above
    """Records which sessions on the pages were ended by their owner."""

    @transaction.atomic
    def end_sessions(self, sessions: list[Any]) -> None:
        """End the sessions and record each."""
        super().end_sessions(sessions)
        for session in sessions:
            trail.record_event(
                "user.session_ended", session.user, session.user, kind="pages", reason="by owner"
            )
