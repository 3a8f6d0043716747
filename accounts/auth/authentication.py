"""Authentication of API requests by a short-lived access token or by an API key."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField
from django.utils import timezone
from django.utils.translation import gettext
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
_CHALLENGE = f'Bearer realm="api", {_API_KEY_SCHEME} realm="api"'
_KEY_PREFIX, _TOKEN_PREFIX = "lnc_", "eyJ"
"""How API keys, and the JSON of access tokens in Base64, begin."""

_SEND_KEY = "Send `Authorization: Api-Key lnc_…`"
_SEND_CREDENTIALS = f"{_SEND_KEY} with an API key, or `Authorization: Bearer …` with an access token."

_PERMISSIONS_OF_USER = Func("user_id", function="permissions_of", output_field=ArrayField(TextField()))

_LAST_USED_INTERVAL = timedelta(minutes=1)
"""Precision of ``last_used_at``: writing it on every request would be too expensive."""


class TokenAuthentication(JWTAuthentication):
    """``Authorization: Bearer …``; reads the user and their permissions in one query."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:  # type: ignore[override]  # as above
        """Return the user and the token, or ``None`` for another scheme.

        Raises ``AuthenticationFailed``, for an API key with what to send instead.
        """
        scheme, credential = _read_authorization(request)
        if scheme == "bearer" and credential.startswith(_KEY_PREFIX):
            raise AuthenticationFailed(
                f"This is an API key, not an access token. {_SEND_KEY}, with Api-Key in place of Bearer.",
                "key_sent_as_token",
            )
        return super().authenticate(request)  # type: ignore[return-value]  # as above

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal: both schemes."""
        return _CHALLENGE

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
        scheme, token = _read_authorization(request)
        if scheme != _API_KEY_SCHEME.lower():
            return None
        if token.startswith(_TOKEN_PREFIX):
            raise AuthenticationFailed(
                "This is an access token, not an API key. Send `Authorization: Bearer …`, with Bearer in "
                "place of Api-Key.",
                "token_sent_as_key",
            )
        key = find_api_key(token)
        if key is None:
            record_refused_key(token, request._request)
            raise AuthenticationFailed(
                gettext(
                    "This API key does not open anything: it is mistyped, revoked or expired. The page /keys "
                    "lists yours."
                )
            )
        record_key_address(key, request._request)
        _update_last_used(key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal: both schemes."""
        return _CHALLENGE


class AnonymousAuthentication(BaseAuthentication):
    """For the sign-in views: reads no credentials, and makes refusals 401 instead of 403."""

    def authenticate(self, request: Request) -> None:
        """Leave the request anonymous."""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge sent with a refusal."""
        return _CHALLENGE


def explain_missing_credentials(request: Request) -> str:
    """Return the sentence for a request without credentials that are understood: what to send."""
    scheme, credential = _read_authorization(request)
    if not scheme:
        return f"There is no Authorization header. {_SEND_CREDENTIALS}"
    if not credential:
        return f"The Authorization header lacks the word before its credential. {_SEND_CREDENTIALS}"
    return f"The Authorization header has a scheme that is not known here. {_SEND_CREDENTIALS}"


def _read_authorization(request: Request) -> tuple[str, str]:
    """Return the scheme, in lower case, and the credential of a request; empty where there is none."""
    scheme, _, credential = get_authorization_header(request).decode("latin-1").partition(" ")
    return scheme.lower(), credential.strip()


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
