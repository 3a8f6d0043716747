"""Identifiers that sort by time of creation."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """Return a new UUID version 7 (RFC 9562).

    48 bits of Unix milliseconds, 12 bits of the fraction of that millisecond (method 3 of section 6.2),
    62 random bits: consecutive rows are neighbours in the index, and ids cannot be guessed.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def build_min_uuid7(at: datetime) -> UUID:
    """Return the smallest id of a millisecond, the lower bound for a range query by time."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80)
