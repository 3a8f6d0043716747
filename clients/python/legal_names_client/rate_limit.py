"""What the server says about its limits: ``RateLimit`` (IETF draft), the older fields, ``Retry-After``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# One member of a structured list: a name in quotes and parameters such as ;r=50;t=30 (RFC 9651).
_MEMBER = re.compile(r'"((?:[^"\\]|\\.)*)"((?:\s*;\s*[a-z*][\w.*-]*(?:=(?:"(?:[^"\\]|\\.)*"|[^;,\s"]+))?)*)')
_PARAMETER = re.compile(r";\s*([a-z*][\w.*-]*)=(\d+)")


@dataclass(frozen=True)
class RateLimit:
    """How much of an allowance is left.

    ``remaining`` units may be used at once; after ``reset`` seconds all ``limit`` units are there again.
    """

    policy: str
    remaining: int
    limit: int | None = None
    reset: int | None = None


def read_rate_limits(headers: Mapping[str, str]) -> tuple[RateLimit, ...]:
    """Return the allowances an answer tells of: none, one, or several."""
    if "RateLimit" in headers:
        quotas = {
            name: values.get("q") for name, values in _read_members(headers.get("RateLimit-Policy", ""))
        }
        return tuple(
            RateLimit(name, values["r"], quotas.get(name), values.get("t"))
            for name, values in _read_members(headers["RateLimit"])
            if "r" in values
        )
    remaining = _read_count(headers.get("RateLimit-Remaining"))
    if remaining is None:
        return ()
    limit, reset = headers.get("RateLimit-Limit"), headers.get("RateLimit-Reset")
    return (RateLimit("default", remaining, _read_count(limit), _read_count(reset)),)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait: ``Retry-After``, else the reset of an allowance that is spent."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    if text and (seconds := _count_seconds_until(text)) is not None:
        return seconds
    spent = [
        limit.reset for limit in read_rate_limits(headers) if limit.remaining == 0 and limit.reset is not None
    ]
    return float(max(spent)) if spent else None


def _read_members(text: str) -> list[tuple[str, dict[str, int]]]:
    return [
        (match[1], {name: int(value) for name, value in _PARAMETER.findall(match[2])})
        for match in _MEMBER.finditer(text)
    ]


def _read_count(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def _count_seconds_until(date: str) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
