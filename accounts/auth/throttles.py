"""Rate limits per principal (user, API key or network address), exact under concurrency.

The generic cell rate algorithm (GCRA) runs inside Redis as one atomic script: it stores one number per
principal and has no window boundaries. Without Redis, requests fall back to a limiter in this process;
sign-in does not, because an outage of the cache must not allow unlimited password guessing.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from redis import Redis
from redis.exceptions import NoScriptError
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey
from accounts.redis_client import RedisUnavailableError, call_redis

if TYPE_CHECKING:  # rest_framework.views imports this module through the settings
    from rest_framework.views import APIView

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

_GCRA_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local next_arrival = arrival + cost * interval
local wait = next_arrival - burst * interval - now
if wait > 0 then return {0, math.ceil(wait), 0} end
local lifetime = math.ceil((next_arrival - now) / 1000) + 1
redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', lifetime)
return {1, 0, math.floor(-wait / interval)}
"""

_GCRA_SCRIPT_SHA1 = hashlib.sha1(_GCRA_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis caches the script."""

_MAX_LOCAL_PRINCIPALS = 10_000
"""Principals that the local limiter remembers; the least recently used is dropped first."""


@dataclass(frozen=True)
class RateLimit:
    """A number of units per period in seconds; all of them may be used at once."""

    limit: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Parse a text such as ``"600/min"``. Raises ``ValueError``."""
        limit, _, period = text.partition("/")
        if period not in _PERIOD_SECONDS or not limit.isdigit() or int(limit) == 0:
            raise ValueError(f"a rate is written like 600/min, not {text!r}")
        return cls(int(limit), _PERIOD_SECONDS[period])

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
    """The rate limit of a request and the decision, as the response header fields state them."""

    rate: RateLimit
    decision: ThrottleDecision

    def to_headers(self) -> dict[str, str]:
        """Return the header fields; the reset is the seconds until all units are available again."""
        spent = self.rate.limit - self.decision.remaining
        return {
            "RateLimit-Limit": str(self.rate.limit),
            "RateLimit-Remaining": str(self.decision.remaining),
            "RateLimit-Reset": str(math.ceil(spent * self.rate.unit_microseconds / 1_000_000)),
            "RateLimit-Policy": f"{self.rate.limit};w={self.rate.seconds:.0f}",
        }


class LimiterUnavailableError(APIException):
    """Sign-in is refused because attempts cannot be counted."""

    status_code = 503
    default_detail = "Signing in is not possible for a moment. Please try again shortly."
    default_code = "limiter_down"
    wait = 5


def consume_units(key: str, rate: RateLimit, cost: int = 1) -> ThrottleDecision:
    """Take ``cost`` units from the limit of a key. Raises :class:`RedisUnavailableError` without Redis."""
    arguments = (1, f"lnc:rate:{key}", rate.unit_microseconds, rate.limit, cost)

    def run_script(client: Redis) -> Any:
        try:
            return client.evalsha(_GCRA_SCRIPT_SHA1, *arguments)
        except NoScriptError:  # the first call since Redis started; EVAL caches the script
            return client.eval(_GCRA_SCRIPT, *arguments)

    allowed, wait, remaining = call_redis(run_script)
    return ThrottleDecision(bool(allowed), wait / 1_000_000, remaining)


class LocalRateLimiter:
    """The same algorithm in memory: each process counts on its own, which is enough for an outage."""

    def __init__(self) -> None:
        self._arrival_times: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def consume_units(self, key: str, rate: RateLimit, cost: int = 1) -> ThrottleDecision:
        """Take ``cost`` units from the limit of a key."""
        with self._lock:
            now = time.monotonic() * 1_000_000
            arrival = max(self._arrival_times.pop(key, 0.0), now)
            following = arrival + cost * rate.unit_microseconds
            wait = following - rate.limit * rate.unit_microseconds - now
            self._arrival_times[key] = arrival if wait > 0 else following
            if len(self._arrival_times) > _MAX_LOCAL_PRINCIPALS:
                self._arrival_times.popitem(last=False)
        return ThrottleDecision(
            wait <= 0, max(wait, 0) / 1_000_000, max(0, math.floor(-wait / rate.unit_microseconds))
        )


_LOCAL_LIMITER = LocalRateLimiter()


def apply_rate_limit(principal: str, cost: int = 1, rate: RateLimit | None = None) -> ThrottleDecision:
    """Take ``cost`` units from the limit of a principal (``user:…``, ``key:…``), also without Redis."""
    rate = rate or RateLimit.parse(settings.API_RATE)
    try:
        return consume_units(principal, rate, cost)
    except RedisUnavailableError:
        return _LOCAL_LIMITER.consume_units(principal, rate, cost)


class PrincipalThrottle(BaseThrottle):
    """Limits the requests of a user or API key; a view may set ``throttle_cost``."""

    decision: ThrottleDecision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request passes, also without Redis."""
        rate = RateLimit.parse(settings.API_RATE)
        self.decision = apply_rate_limit(_get_principal(request), getattr(view, "throttle_cost", 1), rate)
        return _record_decision(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the request would pass, or ``None`` before a decision."""
        return self.decision.wait_seconds if self.decision else None


class PairThrottle(BaseThrottle):
    """Limits the pairs that a user or API key sends in batches, separately from requests."""

    decision: ThrottleDecision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the batch passes. A batch above the limit costs the whole limit."""
        rate = RateLimit.parse(settings.BATCH_RATE)
        cost = min(max(1, _count_pairs(request.data)), rate.limit)
        self.decision = apply_rate_limit(f"pairs:{_get_principal(request)}", cost, rate)
        return _record_decision(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the batch would pass, or ``None`` before a decision."""
        return self.decision.wait_seconds if self.decision else None


def enforce_rate_limit(request: Request, name: str, cost: int, rate: RateLimit) -> None:
    """Take units whose number is known only after the body was read. Raises ``Throttled``.

    A cost above the limit takes the whole limit.
    """
    decision = apply_rate_limit(f"{name}:{_get_principal(request)}", min(max(1, cost), rate.limit), rate)
    if not _record_decision(request, rate, decision):
        raise Throttled(decision.wait_seconds)


class LoginThrottle(BaseThrottle):
    """Limits sign-in attempts by network address; refuses them while they cannot be counted."""

    decision: ThrottleDecision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the attempt passes. Raises :class:`LimiterUnavailableError` without Redis."""
        rate = RateLimit.parse(settings.LOGIN_RATE)
        try:
            self.decision = consume_units(f"login:{self.get_ident(request)}", rate)
        except RedisUnavailableError as error:
            raise LimiterUnavailableError from error
        return _record_decision(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the attempt would pass, or ``None`` before a decision."""
        return self.decision.wait_seconds if self.decision else None


def _record_decision(request: Request, rate: RateLimit, decision: ThrottleDecision) -> bool:
    """Store the decision for ``RateLimitHeadersMiddleware``; return whether the request is allowed."""
    request._request.rate_limit_status = RateLimitStatus(rate, decision)  # type: ignore[attr-defined]
    return decision.allowed


def _count_pairs(body: Any) -> int:
    pairs = body.get("pairs") if isinstance(body, dict) else None
    return len(pairs) if isinstance(pairs, list) else 1


def _get_principal(request: Request) -> str:
    """Return the principal of a request: its API key, else its user, else its network address."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{BaseThrottle().get_ident(request)}"
