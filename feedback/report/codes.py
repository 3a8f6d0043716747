"""Verification codes of reports: unguessable, readable aloud, and stored as keyed digests only."""

from __future__ import annotations

import secrets
import string

from accounts.encryption.crypto import DigestPurpose, compute_digest
from matching.pair_digest import normalise_name

_ALPHABET = "".join(sorted({*string.digits, *string.ascii_uppercase} - {*"ILOU"}))
"""Crockford's base 32, without the letters that look like digits."""

_LENGTH = 20
"""Characters of a code: 100 bits."""

_GROUP = 5
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def create_code() -> str:
    """Return a random code of 100 bits in four groups."""
    return _group("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))


def read_code(text: str) -> str:
    """Return a code as typed, in its one spelling; an empty string for what is no code."""
    plain = "".join(char for char in text.upper() if char.isalnum()).translate(_MISREAD)
    is_code = len(plain) == _LENGTH and set(plain) <= set(_ALPHABET)
    return _group(plain) if is_code else ""


def compute_code_digest(code: str) -> str:
    """Return the keyed digest by which a report is found."""
    return compute_digest(DigestPurpose.PAIR, "report", "code", code)


def compute_names_digest(code: str, name1: str, name2: str) -> str:
    """Return the keyed digest of two names in this order; it says nothing without the code."""
    names = normalise_name(name1), normalise_name(name2)
    return compute_digest(DigestPurpose.PAIR, "report", "names", code, *names)


def _group(plain: str) -> str:
    return "-".join(plain[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
