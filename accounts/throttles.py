"""Limits per principal, exact under concurrency.

The generic cell rate algorithm (GCRA) runs inside Redis as one script: one number per principal, no window
edges, no gap between reading and writing. Without Redis, requests fall back to a bucket in this process;
signing in does not: guessing passwords must not become free because a cache is down.
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
from accounts.store import StoreDownError, ask

if TYPE_CHECKING:  # views import their permissions and throttles while they are being defined
    from rest_framework.views import APIView

_PERIODS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400}

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local next_arrival = arrival + cost * interval
local wait = next_arrival - burst * interval - now
if wait > 0 then return {0, math.ceil(wait), 0} end
redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000) +
1) return {1, 0, math.floor(-wait / interval)}
"""

_SCRIPT_ID = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""By which the store knows the script."""

_LOCAL_PRINCIPALS = 10_000
"""Principals remembered by the local bucket; the least recently seen is forgotten first."""


@dataclass(frozen=True)
class Rate:
    """So many units in so many seconds; all of them may come at once."""

    limit: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"600/min"``. Raises ``ValueError`` for anything else."""
        limit, _, period = text.partition("/")
        if period not in _PERIODS or not limit.isdigit() or int(limit) == 0:
            raise ValueError(f"a rate is written like 600/min, not {text!r}")
        return cls(int(limit), _PERIODS[period])

    @property
    def interval(self) -> float:
        """Microseconds in which one unit is earned back."""
        return self.seconds * 1_000_000 / self.limit


@dataclass(frozen=True)
class Decision:
    """Whether the request passes, how long to wait if not (seconds), and what is left."""

    allowed: bool
    wait: float
    remaining: int


@dataclass(frozen=True)
class Allowance:
    """What a request may still ask for, as its answer tells it."""

    rate: Rate
    decision: Decision

    def headers(self) -> dict[str, str]:
        """Return the header fields; the reset is the number of seconds until all of it is there again."""
        spent = self.rate.limit - self.decision.remaining
        return {
            "RateLimit-Limit": str(self.rate.limit),
            "RateLimit-Remaining": str(self.decision.remaining),
            "RateLimit-Reset": str(math.ceil(spent * self.rate.interval / 1_000_000)),
            "RateLimit-Policy": f"{self.rate.limit};w={self.rate.seconds:.0f}",
        }


class LimiterDownError(APIException):
    """Signing in is closed because attempts cannot be counted."""

    status_code = 503
    default_detail = "Signing in is not possible for a moment. Please try again shortly."
    default_code = "limiter_down"
    wait = 5


def take(key: str, rate: Rate, cost: int = 1) -> Decision:
    """Take ``cost`` units from the principal's allowance. Raises :class:`StoreDownError` without Redis."""

    asked = (1, f"lnc:rate:{key}", rate.interval, rate.limit, cost)

    def run(client: Redis) -> Any:
        try:
            return client.evalsha(_SCRIPT_ID, *asked)
        except NoScriptError:  # the first since the store started; now it knows the script
            return client.eval(_SCRIPT, *asked)

    allowed, wait, remaining = ask(run)
    return Decision(bool(allowed), wait / 1_000_000, remaining)


class LocalBucket:
    """The same rule in this process's memory: looser with many processes, and enough for an outage."""

    def __init__(self) -> None:
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, rate: Rate, cost: int = 1) -> Decision:
        """Take ``cost`` units from the principal's allowance."""
        with self._lock:
            now = time.monotonic() * 1_000_000
            arrival = max(self._arrivals.pop(key, 0.0), now)
            following = arrival + cost * rate.interval
            wait = following - rate.limit * rate.interval - now
            self._arrivals[key] = arrival if wait > 0 else following
            if len(self._arrivals) > _LOCAL_PRINCIPALS:
                self._arrivals.popitem(last=False)
        return Decision(wait <= 0, max(wait, 0) / 1_000_000, max(0, math.floor(-wait / rate.interval)))


_LOCAL = LocalBucket()


def admit(principal: str, cost: int = 1, rate: Rate | None = None) -> Decision:
    """Take ``cost`` units from what a principal (``user:…``, ``key:…``) may ask for, without Redis too."""
    rate = rate or Rate.parse(settings.API_RATE)
    try:
        return take(principal, rate, cost)
    except StoreDownError:
        return _LOCAL.take(principal, rate, cost)


class PrincipalThrottle(BaseThrottle):
    """Limits a signed-in person or key; a view may set ``throttle_cost``."""

    decision: Decision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether the request passes, without Redis too."""
        rate = Rate.parse(settings.API_RATE)
        self.decision = admit(_principal(request), getattr(view, "throttle_cost", 1), rate)
        return _told(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the request would pass."""
        return self.decision.wait if self.decision else None


class PairThrottle(BaseThrottle):
    """Limits the pairs that a person or key sends in batches; an allowance of its own."""

    decision: Decision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether the batch passes. One larger than the whole allowance takes all of it."""
        rate = Rate.parse(settings.BATCH_RATE)
        cost = min(max(1, _pairs_in(request.data)), rate.limit)
        self.decision = admit(f"pairs:{_principal(request)}", cost, rate)
        return _told(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the batch would pass."""
        return self.decision.wait if self.decision else None


def charge(request: Request, name: str, cost: int, rate: Rate) -> None:
    """Take units that are known only once the body was read. More than the whole allowance takes all of it.

    Raises ``Throttled``.
    """
    decision = admit(f"{name}:{_principal(request)}", min(max(1, cost), rate.limit), rate)
    if not _told(request, rate, decision):
        raise Throttled(decision.wait)


class LoginThrottle(BaseThrottle):
    """Limits attempts to sign in by address; closed while attempts cannot be counted."""

    decision: Decision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether the attempt passes. Raises :class:`LimiterDownError` without Redis."""
        rate = Rate.parse(settings.LOGIN_RATE)
        try:
            self.decision = take(f"login:{self.get_ident(request)}", rate)
        except StoreDownError as error:
            raise LimiterDownError from error
        return _told(request, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the attempt would pass."""
        return self.decision.wait if self.decision else None


def _told(request: Request, rate: Rate, decision: Decision) -> bool:
    """Leave the decision where :class:`accounts.middleware.AllowanceMiddleware` finds it."""
    request._request.allowance = Allowance(rate, decision)  # type: ignore[attr-defined]
    return decision.allowed


def _pairs_in(body: Any) -> int:
    pairs = body.get("pairs") if isinstance(body, dict) else None
    return len(pairs) if isinstance(pairs, list) else 1


def _principal(request: Request) -> str:
    """Name who is counted: the key if one was used, else the person, else the address."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{BaseThrottle().get_ident(request)}"
