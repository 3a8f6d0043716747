"""Serializers of sign-in: short access tokens, and refresh tokens that rotate until the session ends."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import Token

from accounts.api.sign_in_policy import require_policy
from accounts.auth.client_address import get_client_address
from accounts.auth.token_sessions import rotate_token, start_session
from accounts.auth.tokens import RefreshToken
from accounts.models import ApiKey, User


class TokenSerializer(TokenObtainPairSerializer):
    """E-mail address, password and second factor in; access and refresh token out."""

    code = serializers.CharField(
        required=False, help_text="Of the authenticator app, or a recovery code, if the account has one."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Return the tokens. Raises ``AuthenticationFailed``, also where the sign-in policy asks for more."""
        self._code = attrs.get("code", "")
        return super().validate(attrs)

    def get_token(self, user: User) -> RefreshToken:  # type: ignore[override]  # a class method in the package
        """Hold the user to the policy; start a session and return its first refresh token."""
        request = self.context["request"]
        require_policy(user, self._code, request)
        return start_session(user, get_client_address(request))


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
        """Use up the token and return a new pair. Raises ``TokenError`` or ``AuthenticationFailed``."""
        token = rotate_token(
            RefreshToken(cast("Token", attrs["refresh"]))
        )  # the package's annotation is wrong
        return {"access": str(token.access_token), "refresh": str(token)}


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
