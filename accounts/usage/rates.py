"""Rate limits as settings write them, decisions on them, and the header fields that state both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

REQUESTS, PAIRS, BYTES = "requests", "pairs", "bytes"
"""Names of the quota policies that every installation has."""

_PERIOD_SECONDS = {
    "s": 1,
    "sec": 1,
    "m": 60,
    "min": 60,
    "h": 3_600,
    "hour": 3_600,
    "d": 86_400,
    "day": 86_400,
}


@dataclass(frozen=True)
class RateLimit:
    """A number of units per period in seconds; all of them may be used at once."""

    limit: int
    seconds: float

    @staticmethod
    @lru_cache(maxsize=32)
    def parse(text: str) -> RateLimit:
        """Parse a text such as ``"600/min"``. Raises ``ValueError``."""
        limit, _, period = text.partition("/")
        if period not in _PERIOD_SECONDS or not limit.isdigit() or int(limit) == 0:
            raise ValueError(f"a rate is written like 600/min, not {text!r}")
        return RateLimit(int(limit), _PERIOD_SECONDS[period])

    @property
    def unit_microseconds(self) -> float:
        """Microseconds in which one unit is earned back."""
        return self.seconds * 1_000_000 / self.limit


@dataclass(frozen=True)
class ThrottleDecision:
    """Whether the request passes, the seconds to wait if not, and the units that remain."""

    allowed: bool
    wait_seconds: float
    remaining: int


@dataclass(frozen=True)
class RateLimitStatus:
    """A quota policy of a request and the decision, in the terms of draft-ietf-httpapi-ratelimit-headers."""

    policy: str
    rate: RateLimit
    decision: ThrottleDecision
    reset_seconds: float | None = None
    """Until all units are there again, where they do not come back evenly."""

    def describe_policy(self) -> str:
        """Return the item of ``RateLimit-Policy``, such as ``"requests";q=600;w=60``."""
        unit = ';qu="content-bytes"' if self.policy == BYTES else ""
        return f'"{self.policy}";q={self.rate.limit};w={self.rate.seconds:.0f}{unit}'

    def describe_limit(self) -> str:
        """Return the item of ``RateLimit``, such as ``"requests";r=599;t=1``.

        ``t`` is the seconds until all units are available again, or until a refused request passes.
        """
        spent = self.rate.limit - self.decision.remaining
        refill = spent * self.rate.unit_microseconds / 1_000_000
        seconds = refill if self.decision.allowed else self.decision.wait_seconds
        seconds = math.ceil(seconds if self.reset_seconds is None else self.reset_seconds)
        return f'"{self.policy}";r={self.decision.remaining};t={seconds}'


def build_rate_limit_headers(statuses: Sequence[RateLimitStatus]) -> dict[str, str]:
    """Return the header fields that state every quota policy that a request was counted against."""
    return {
        "RateLimit-Policy": ", ".join(status.describe_policy() for status in statuses),
        "RateLimit": ", ".join(status.describe_limit() for status in statuses),
    }
