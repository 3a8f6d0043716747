"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

import httpx

from legal_names_client.rate_limit import read_retry_after

# The server did nothing and says so: whatever the request was, it may be sent again.
_NOTHING_DONE = frozenset({429, 503, 507})
# A proxy lost the answer: only what does nothing twice may be sent again.
_ANSWER_LOST = frozenset({502, 504})
_SAFE_METHODS = frozenset({"GET", "HEAD", "DELETE"})


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a request is sent again.

    ``attempts`` counts the first one. Waits double from ``first_wait`` seconds with chance in them, unless
    the server says how long; when it says longer than ``longest_wait``, the refusal is raised instead.
    """

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0

    def choose_wait(
        self, attempt: int, request: httpx.Request, outcome: httpx.Response | Exception
    ) -> float | None:
        """Return the seconds to wait after this attempt, counted from 1; ``None``: do not send again."""
        if attempt >= self.attempts or not _may_repeat(request, outcome):
            return None
        told = read_retry_after(outcome.headers) if isinstance(outcome, httpx.Response) else None
        if told is None:
            ceiling = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
            return ceiling * random.uniform(0.5, 1.0)  # noqa: S311  # spreads clients, guards nothing
        return told if told <= self.longest_wait else None


def _may_repeat(request: httpx.Request, outcome: httpx.Response | Exception) -> bool:
    """Say whether sending a request again can do nothing twice."""
    is_repeatable = request.method in _SAFE_METHODS or "Idempotency-Key" in request.headers
    if isinstance(outcome, httpx.Response):
        return outcome.status_code in _NOTHING_DONE or (is_repeatable and outcome.status_code in _ANSWER_LOST)
    if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    return is_repeatable and isinstance(outcome, httpx.TransportError)
