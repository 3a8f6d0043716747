"""Serializers of sign-in: short access tokens, and refresh tokens that rotate until the session ends."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.auth.tokens import SESSION_CLAIM, RefreshToken
from accounts.models import ApiKey, User


class TokenSerializer(TokenObtainPairSerializer):
    """E-mail address and password in; access and refresh token out."""

    token_class = RefreshToken


class TokenAnswerSerializer(serializers.Serializer[dict[str, str]]):
    """The tokens of a session."""

    access = serializers.CharField(read_only=True, help_text="Send it as `Authorization: Bearer …`.")
    refresh = serializers.CharField(
        read_only=True, help_text="Valid for one refresh; the response holds the next."
    )


class RefreshSerializer(serializers.Serializer[dict[str, str]]):
    """A refresh token in; a new pair out. The token cannot be used again."""

    refresh = serializers.CharField()

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Use up the token and return a new pair.

        Raises ``TokenError`` or ``AuthenticationFailed`` for a token that is invalid or was used before.
        """
        token = RefreshToken(cast("Token", attrs["refresh"]))  # the package's annotation is wrong
        _check_owner(token)
        _, fresh = cast("tuple[object, bool]", token.blacklist())  # this one too
        if not fresh:
            raise AuthenticationFailed("This token was used before.", "token_spent")
        _rotate_token(token)
        return {"access": str(token.access_token), "refresh": str(token)}


def _check_owner(token: RefreshToken) -> None:
    """Raise ``AuthenticationFailed`` if the owner is missing or inactive, or has changed the password."""
    user = User.objects.filter(pk=token[api_settings.USER_ID_CLAIM], is_active=True).first()
    if user is None:
        raise AuthenticationFailed("No active account was found for this token.", "no_active_account")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise AuthenticationFailed("The password was changed; please sign in again.", "password_changed")


def _rotate_token(token: RefreshToken) -> None:
    """Give the token a new id and expiry, at most ``SESSION_MAX_AGE`` after sign-in."""
    session_end = token[SESSION_CLAIM] + int(settings.SESSION_MAX_AGE.total_seconds())
    token.set_jti()
    token.set_iat()
    token.set_exp()
    token["exp"] = min(token["exp"], session_end)
    token.outstand()


class KeySerializer(serializers.Serializer[Any]):
    """The API key that was used."""

    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class MeSerializer(serializers.Serializer[Any]):
    """The user of a request."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    api_key = KeySerializer(allow_null=True, help_text="Null when a token was used.")


def describe_account(user: User, auth: object) -> dict[str, Any]:
    """Return the user of a request, their permissions, and the API key if one was used."""
    return {
        "id": str(user.pk),
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "permissions": sorted(user.get_all_permissions()),
        "api_key": KeySerializer(auth).data if isinstance(auth, ApiKey) else None,
    }
