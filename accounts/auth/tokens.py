"""Tokens that name their signing key, so that the key can be replaced while sessions continue.

The newest key signs; older keys verify their tokens until those expire. A token whose header names no key or
an unknown key is refused before its claims are read.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from django.conf import settings
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.encryption.crypto import compute_key_id

if TYPE_CHECKING:
    from accounts.models import User

_ALGORITHM = "HS256"

SESSION_CLAIM = "sst"
"""Claim with the time of sign-in (Unix seconds); rotation does not change it."""

CLOCK_LEEWAY = timedelta(seconds=10)
"""Tolerated difference between the clocks of two machines."""


class MultiKeyTokenBackend(TokenBackend):
    """Signs with the first key and names it in ``kid``; verifies with the key that ``kid`` names."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(_ALGORITHM, keys[0], leeway=CLOCK_LEEWAY)
        self._keys = {compute_key_id(key): key for key in keys}
        self._signing_key_id = compute_key_id(keys[0])

    def encode(self, payload: dict[str, Any]) -> str:
        """Return the signed token."""
        key = self._keys[self._signing_key_id]
        return jwt.encode(payload, key, algorithm=_ALGORITHM, headers={"kid": self._signing_key_id})

    def get_verifying_key(self, token: Any) -> str:
        """Return the key that the token names. Raises ``TokenBackendError`` for a missing or unknown key."""
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise TokenBackendError("Token is invalid")
        return key


@lru_cache(maxsize=4)
def _get_token_backend(keys: tuple[str, ...]) -> MultiKeyTokenBackend:
    return MultiKeyTokenBackend(keys)


class AccessToken(tokens.AccessToken):
    """A token for API requests, valid for minutes."""

    @property
    def token_backend(self) -> MultiKeyTokenBackend:
        """The backend with the configured keys."""
        return _get_token_backend((settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS))


class RefreshToken(tokens.RefreshToken):
    """A token for one refresh. The database stores its id, owner and expiry, never the token itself.

    The package would store the text of every valid token, and a reader of that table could take over every
    session. Nothing reads the text back: tokens are found by id.
    """

    access_token_class = AccessToken
    token_backend = AccessToken.token_backend

    @classmethod
    def for_user(cls, user: User) -> RefreshToken:  # type: ignore[override]  # narrower than the package
        """Return the first token of a session; it holds the time of sign-in."""
        token: RefreshToken = super(tokens.BlacklistMixin, cls).for_user(
            user
        )  # skips the mixin, which would store the token
        token[SESSION_CLAIM] = int(time.time())
        token.outstand()
        return token

    def outstand(self) -> Any:
        """Store the id of the token; return its row and whether it is new."""
        return OutstandingToken.objects.get_or_create(
            jti=self[api_settings.JTI_CLAIM],
            defaults={
                "user_id": self.get(api_settings.USER_ID_CLAIM),
                "created_at": self.current_time,
                "expires_at": datetime_from_epoch(self["exp"]),
                "token": "",
            },
        )

    def blacklist(self) -> Any:
        """Mark the token as used; return its row and whether this was the first use."""
        row, _ = self.outstand()
        return BlacklistedToken.objects.get_or_create(token=row)
