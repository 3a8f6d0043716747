"""The sign-in policy where tokens are issued: a password alone opens no account that needs more."""

from __future__ import annotations

from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.utils.translation import gettext
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.audit import trail
from accounts.auth.client_address import get_client_address
from accounts.auth.policy import requires_second_factor
from accounts.auth.second_factor import has_second_factor, verify_code
from accounts.auth.throttles import clear_units, consume_units
from accounts.models import User
from accounts.usage.rates import RateLimit

_CODE_RATE = RateLimit(10, 600)
"""Codes that one account may try: whoever tries knows its password."""


def require_policy(user: User, code: str, request: Request) -> None:
    """Raise ``AuthenticationFailed`` unless a user who gave the right password may have tokens.

    The code of the error says what is missing.
    """
    if user.must_change_password:
        raise AuthenticationFailed(
            gettext("Change your password on the pages first."), "password_change_required"
        )
    if has_second_factor(user):
        _require_code(user, code, request)
    elif requires_second_factor(user):
        raise AuthenticationFailed(
            gettext("Set up a second factor on the pages first."), "second_factor_missing"
        )


def _require_code(user: User, code: str, request: Request) -> None:
    if not code:
        raise AuthenticationFailed(
            gettext("Send the code of your authenticator app, or a recovery code, as `code`."),
            "second_factor_required",
        )
    key = f"second-factor:{user.pk}"
    if consume_units(key, _CODE_RATE).allowed and verify_code(user, code):
        clear_units(key)
        return
    with transaction.atomic():
        trail.record_event("user.second_factor_failed", user, None, address=get_client_address(request))
    user_login_failed.send(__name__, credentials={"email": user.email}, request=request)
    raise AuthenticationFailed(gettext("This code is not right, or was used before."), "second_factor_wrong")
