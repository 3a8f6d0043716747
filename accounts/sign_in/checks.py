"""The system check of the sign-in policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from accounts.auth.policy import check_roles

_MIN_TOKEN_LENGTH = 32


@register(Tags.security)
def check_sign_in_policy(**_: Any) -> Sequence[CheckMessage]:
    """Report words in the sign-in policy that name no role, and an identity provider without credentials."""
    named = [*settings.SECOND_FACTOR_ROLES, *settings.SSO_ONLY_ROLES]
    named += [line.partition("=")[0] for line in settings.SESSION_HOURS[1:]]
    named += [line.rpartition("=")[2] for line in settings.OIDC_ROLES]
    found = [
        Error(f"{name} is no role.", hint="docs/sign-in.md lists the roles.", id="config.E006")
        for name in check_roles(named)
    ]
    if settings.SSO_ONLY_ROLES and not settings.OIDC_ISSUER:
        hint = "Set OIDC_ISSUER, or nobody of these roles can sign in."
        found.append(
            Error("SSO_ONLY_ROLES is set without an identity provider.", hint=hint, id="config.E007")
        )
    if settings.SCIM_TOKEN and len(settings.SCIM_TOKEN) < _MIN_TOKEN_LENGTH:
        hint = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        text = f"SCIM_TOKEN is shorter than {_MIN_TOKEN_LENGTH} characters."
        found.append(Error(text, hint=hint, id="config.E008"))
    return found
