"""Ways for a client to prove who it is: a short-lived token, or an API key."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField
from django.utils import timezone
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed as TokenRefused
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.encryption.crypto import DigestPurpose, verify_digest
from accounts.models import ApiKey, User

_API_KEY_SCHEME = "Api-Key"

_PERMISSIONS_OF_USER = Func("user_id", function="permissions_of", output_field=ArrayField(TextField()))

_LAST_USED_INTERVAL = timedelta(minutes=1)
"""How exact ``last_used_at`` is: a write on every request would cost more than it tells."""


class TokenAuthentication(JWTAuthentication):
    """``Authorization: Bearer …``: the package's, but reads the person and what they may do at once."""

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # users of ours only
        """Return the token's owner as the database has them now.

        Raises ``AuthenticationFailed`` for one who is gone, deactivated, or has another password by now.
        """
        user = User.objects.get_with_permissions(validated_token.get(api_settings.USER_ID_CLAIM))
        if user is None:
            raise TokenRefused("User not found", "user_not_found")
        if not user.is_active:
            raise TokenRefused("User is inactive", "user_inactive")
        if validated_token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
            raise TokenRefused("The user's password has been changed.", "password_changed")
        return user


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key lnc_…``: prefix looked up, secret compared by digest in constant time."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's owner and the key, or ``None`` when another scheme is used.

        Raises ``AuthenticationFailed`` for a key that is unknown, wrong, expired, revoked, or whose owner was
        deactivated; the answer does not say which.
        """
        keyword, _, given = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != _API_KEY_SCHEME.lower():
            return None
        key = find_api_key(given.strip())
        if key is None:
            raise AuthenticationFailed("This API key does not open anything.")
        _update_last_used(key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal."""
        return _API_KEY_SCHEME


class AnonymousAuthentication(BaseAuthentication):
    """For the views where people sign in: reads no credentials, and lets a refusal be 401 instead of 403."""

    def authenticate(self, request: Request) -> None:
        """Leave everybody anonymous."""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal."""
        return 'Bearer realm="api"'


def require_user(request: Request) -> User:
    """Return who is asking. Raises ``NotAuthenticated`` for nobody, which permissions rule out before."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def find_api_key(given: str) -> ApiKey | None:
    """Return the usable key that was given, or nothing."""
    _, prefix, secret = (*given.split("_", 2), "", "")[:3]
    now = timezone.now()
    keys = ApiKey.objects.usable(now).select_related("user").annotate(held=_PERMISSIONS_OF_USER)
    row = keys.filter(prefix=prefix).first()
    if row is None or not verify_digest(DigestPurpose.API_KEY, row.digest, prefix, secret):
        return None
    row.user.granted_permissions = frozenset(row.held)  # type: ignore[attr-defined]  # as annotated
    return row


def _update_last_used(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > _LAST_USED_INTERVAL:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    """Describes the scheme in the OpenAPI document."""

    target_class = "accounts.auth.authentication.TokenAuthentication"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the scheme in the OpenAPI document."""

    target_class = "accounts.auth.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the header in which the key goes."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key lnc_…`",
        }
