"""Finding a pair of encrypted names again without keeping their text."""

from __future__ import annotations

import unicodedata

from accounts.encryption.crypto import DigestPurpose, compute_digest


def normalise_name(name: str) -> str:
    """Return the name in one Unicode form (NFC) without spaces around it, and nothing else changed.

    Two texts that would get different explanations must never share a digest.
    """
    return unicodedata.normalize("NFC", name).strip()


def compute_pair_digest(name1: str, name2: str) -> str:
    """Return the keyed digest of the pair in this order; (a, b) is not (b, a)."""
    return compute_digest(DigestPurpose.PAIR, normalise_name(name1), normalise_name(name2))
