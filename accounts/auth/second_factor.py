"""The second factors of a user: authenticator app, passkeys and recovery codes, as allauth keeps them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a factor; recovery codes only replace one."""


def has_second_factor(user: User) -> bool:
    """Return whether a user has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=_FACTORS).exists())


@transaction.atomic
def verify_code(user: User, code: str) -> bool:
    """Return whether a code of the authenticator app or a recovery code is right; it is used up."""
    authenticators: QuerySet[Authenticator] = Authenticator.objects.select_for_update().filter(user=user)
    for authenticator in authenticators.exclude(type=Authenticator.Type.WEBAUTHN):
        if authenticator.wrap().validate_code(code):
            authenticator.record_usage()
            return True
    return False
