"""Keyed digests, for exact look-up and tamper evidence without storing the text.

Each purpose has its own secret, so digests of different purposes cannot be related to one another.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum

from django.conf import settings


class DigestPurpose(Enum):
    """The purpose of a keyed digest; the value is the name of the setting with its secret."""

    PAIR = "NAME_DIGEST_KEY"
    API_KEY = "API_KEY_PEPPER"
    ARTEFACT = "ARTEFACT_KEY"
    AUDIT = "AUDIT_KEY"


def _prefix_length(part: str | bytes) -> bytes:
    """Return the part with its length in front, so that ("ab", "c") and ("a", "bc") differ."""
    raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return len(raw).to_bytes(8, "big") + raw


def compute_digest(purpose: DigestPurpose, *parts: str | bytes) -> str:
    """Return the HMAC-SHA-256 of the parts for one purpose, as 64 hexadecimal characters.

    The order of the parts matters; each is prefixed by its length.
    """
    return compute_digest_with_key(str(getattr(settings, purpose.value)), *parts)


def compute_digest_with_key(key: str, *parts: str | bytes) -> str:
    """Return the same digest under a given key, for purposes whose keys are rotated."""
    return hmac.digest(key.encode(), b"".join(map(_prefix_length, parts)), "sha256").hex()


def verify_digest(purpose: DigestPurpose, expected: str, *parts: str | bytes) -> bool:
    """Return whether ``expected`` is the digest of the parts, compared in constant time."""
    return hmac.compare_digest(compute_digest(purpose, *parts), expected)


def compute_key_id(key: str) -> str:
    """Return a public id of a key: twelve hexadecimal characters of its digest."""
    return sha256(f"name of a key|{key}".encode())[:12]


def sha256(content: bytes) -> str:
    """Return the unkeyed SHA-256 of the content, as 64 hexadecimal characters."""
    return hashlib.sha256(content).hexdigest()
