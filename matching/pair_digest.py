"""The keyed digest of a pair, by which predictions are found again although their names are encrypted."""

from __future__ import annotations

import unicodedata

from accounts.encryption.crypto import DigestPurpose, compute_digest


def normalise_name(name: str) -> str:
    """Return the name in Unicode form NFC, without spaces around it and otherwise unchanged.

    Two texts with different explanations must never share a digest.
    """
    return unicodedata.normalize("NFC", name).strip()


def compute_pair_digest(name1: str, name2: str) -> str:
    """Return the keyed digest of the pair in this order; (a, b) is not (b, a)."""
    return compute_digest(DigestPurpose.PAIR, normalise_name(name1), normalise_name(name2))
