"""Authentication of API requests by a short-lived access token or by an API key."""

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
from rest_framework_simplejwt.exceptions import AuthenticationFailed as TokenAuthenticationFailed
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.auth.access_events import record_key_address, record_refused_key
from accounts.encryption.crypto import DigestPurpose, verify_digest
from accounts.models import ApiKey, User

_API_KEY_SCHEME = "Api-Key"

_PERMISSIONS_OF_USER = Func("user_id", function="permissions_of", output_field=ArrayField(TextField()))

_LAST_USED_INTERVAL = timedelta(minutes=1)
"""Precision of ``last_used_at``: writing it on every request would be too expensive."""


class TokenAuthentication(JWTAuthentication):
    """``Authorization: Bearer …``; reads the user and their permissions in one query."""

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # narrower than the package
        """Return the current owner of the token.

        Raises ``AuthenticationFailed`` if the user does not exist, is inactive, or has changed the password.
        """
        user = User.objects.get_with_permissions(validated_token.get(api_settings.USER_ID_CLAIM))
        if user is None:
            raise TokenAuthenticationFailed("User not found", "user_not_found")
        if not user.is_active:
            raise TokenAuthenticationFailed("User is inactive", "user_inactive")
        if validated_token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
            raise TokenAuthenticationFailed("The user's password has been changed.", "password_changed")
        return user


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key lnc_…``: looks up the prefix and compares the digest in constant time."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the owner of the key and the key, or ``None`` for another scheme.

        Raises ``AuthenticationFailed`` for a key that is unknown, wrong, expired or revoked, or whose owner
        is inactive; the message does not say which.
        """
        keyword, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != _API_KEY_SCHEME.lower():
            return None
        key = find_api_key(token.strip())
        if key is None:
            record_refused_key(token.strip(), request._request)
            raise AuthenticationFailed("This API key does not open anything.")
        record_key_address(key, request._request)
        _update_last_used(key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal."""
        return _API_KEY_SCHEME


class AnonymousAuthentication(BaseAuthentication):
    """For the sign-in views: reads no credentials, and makes refusals 401 instead of 403."""

    def authenticate(self, request: Request) -> None:
        """Leave the request anonymous."""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal."""
        return 'Bearer realm="api"'


def require_user(request: Request) -> User:
    """Return the user of an API request. Raises ``NotAuthenticated``, which the permission check prevents."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def find_api_key(token: str) -> ApiKey | None:
    """Return the usable API key of a token ``lnc_<prefix>_<secret>``, or ``None``."""
    _, prefix, secret = (*token.split("_", 2), "", "")[:3]
    now = timezone.now()
    keys = ApiKey.objects.usable(now).select_related("user").annotate(permissions=_PERMISSIONS_OF_USER)
    row = keys.filter(prefix=prefix).first()
    if row is None or not verify_digest(DigestPurpose.API_KEY, row.digest, prefix, secret):
        return None
    row.user.granted_permissions = frozenset(row.permissions)  # type: ignore[attr-defined]  # the annotation
    return row


def _update_last_used(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > _LAST_USED_INTERVAL:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    """Describes the authentication scheme in the OpenAPI document."""

    target_class = "accounts.auth.authentication.TokenAuthentication"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the authentication scheme in the OpenAPI document."""

    target_class = "accounts.auth.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme of API keys."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key lnc_…`",
        }
