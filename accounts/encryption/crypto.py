"""Keyed digests: exact look-up and tamper evidence without keeping the text itself.

Each purpose has a secret of its own, so a digest made for one says nothing about a digest made for another.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum

from django.conf import settings


class DigestPurpose(Enum):
    """What a keyed digest is for; the value names the setting with its secret."""

    PAIR = "NAME_DIGEST_KEY"
    API_KEY = "API_KEY_PEPPER"
    ARTEFACT = "ARTEFACT_KEY"


def _prefix_length(part: str | bytes) -> bytes:
    """Put the length before the part: ("ab", "c") must not meet ("a", "bc")."""
    raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return len(raw).to_bytes(8, "big") + raw


def compute_digest(purpose: DigestPurpose, *parts: str | bytes) -> str:
    """Return the HMAC-SHA-256 of the parts for one purpose, as 64 hexadecimal characters.

    Order matters and parts are length-framed.
    """
    key = str(getattr(settings, purpose.value)).encode()
    return hmac.digest(key, b"".join(map(_prefix_length, parts)), "sha256").hex()


def verify_digest(purpose: DigestPurpose, expected: str, *parts: str | bytes) -> bool:
    """Say in constant time whether ``expected`` is the digest of the parts for the purpose."""
    return hmac.compare_digest(compute_digest(purpose, *parts), expected)


def compute_key_id(key: str) -> str:
    """Return a name of a key that may be shown and stored: twelve hexadecimal characters of its digest."""
    return sha256(f"name of a key|{key}".encode())[:12]


def sha256(content: bytes) -> str:
    """Return the plain SHA-256 of the content, as 64 hexadecimal characters."""
    return hashlib.sha256(content).hexdigest()
