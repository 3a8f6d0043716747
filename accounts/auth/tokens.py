"""Tokens that name their signing key, so that the key can be replaced while sessions continue.

The newest key signs; older keys verify their tokens until those expire. A token whose header names no key or
an unknown key is refused before its claims are read.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.encryption.crypto import compute_key_id

_ALGORITHM = "HS256"

SESSION_CLAIM = "sid"
"""Claim with the id of the session; rotation does not change it."""

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
    """A token for one refresh; it names its session, of which the database knows the newest token."""

    access_token_class = AccessToken
    token_backend = AccessToken.token_backend
