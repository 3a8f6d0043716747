"""Text that waits in the visitor's own browser for minutes, encrypted, where nothing may be stored."""

from __future__ import annotations

import cryptography.fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.encryption.fields import get_cipher

_MAX_LENGTH = 3_800
"""Longest value of a cookie; browsers drop one of more than 4,096 bytes with its name and attributes."""


def set_encrypted_cookie(response: HttpResponseBase, name: str, text: str, path: str, seconds: int) -> bool:
    """Keep a text for one address and some seconds; return whether it fits into a cookie."""
    token = get_cipher().encrypt(f"{name}:{text}".encode("utf-8", "surrogatepass")).decode("ascii")
    if len(token) > _MAX_LENGTH:
        return False
    response.set_cookie(
        name,
        token,
        max_age=seconds,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # an identity provider leads back from another site
    )
    return True


def read_encrypted_cookie(request: HttpRequest, name: str, seconds: int) -> str | None:
    """Return the text of a cookie; ``None`` without one, after its time, and if it was made elsewhere."""
    try:
        body = get_cipher().decrypt(request.COOKIES.get(name, "").encode("ascii", "replace"), ttl=seconds)
    except cryptography.fernet.InvalidToken:
        return None
    kept_name, separator, text = body.decode("utf-8", "surrogatepass").partition(":")
    return text if separator and kept_name == name else None
