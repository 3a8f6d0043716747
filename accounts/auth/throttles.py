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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from redis import Redis
from redis.exceptions import NoScriptError
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.auth.client_address import get_client_network
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
local decisions = {}
for at, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[at * 3 - 1]), tonumber(ARGV[at * 3]), tonumber(ARGV[at * 3 + 1])
  local arrival = math.max(tonumber(redis.call('GET', key) or 0), now)
  local next_arrival = arrival + cost * interval
  local wait = next_arrival - burst * interval - now
  if wait > 0 then
    decisions[at] = {0, math.ceil(wait), 0}
  else
    decisions[at] = {1, 0, math.floor(-wait / interval)}
    if ARGV[1] == '0' then
      local lifetime = math.ceil((next_arrival - now) / 1000) + 1
      redis.call('SET', key, string.format('%.0f', next_arrival), 'PX', lifetime)
    end
  end
end
return decisions
"""

_GCRA_SCRIPT_SHA1 = hashlib.sha1(_GCRA_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis caches the script."""

_REQUESTS, _PAIRS, _BYTES = "requests", "pairs", "bytes"
"""Names of the quota policies that every installation has."""

CHARACTERS_PER_UNIT = 250
"""Characters of a pair that cost one unit of a batch; ordinary pairs have under a hundred."""

_MAX_LOCAL_PRINCIPALS = 10_000
"""Principals that the local limiter remembers; the least recently used is dropped first."""


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

    def describe_policy(self) -> str:
        """Return the item of ``RateLimit-Policy``, such as ``"requests";q=600;w=60``."""
        unit = ';qu="content-bytes"' if self.policy == _BYTES else ""
        return f'"{self.policy}";q={self.rate.limit};w={self.rate.seconds:.0f}{unit}'

    def describe_limit(self) -> str:
        """Return the item of ``RateLimit``, such as ``"requests";r=599;t=1``.

        ``t`` is the seconds until all units are available again, or until a refused request passes.
        """
        spent = self.rate.limit - self.decision.remaining
        refill = spent * self.rate.unit_microseconds / 1_000_000
        seconds = math.ceil(refill if self.decision.allowed else self.decision.wait_seconds)
        return f'"{self.policy}";r={self.decision.remaining};t={seconds}'


def build_rate_limit_headers(statuses: Sequence[RateLimitStatus]) -> dict[str, str]:
    """Return the header fields that state every quota policy that a request was counted against."""
    return {
        "RateLimit-Policy": ", ".join(status.describe_policy() for status in statuses),
        "RateLimit": ", ".join(status.describe_limit() for status in statuses),
    }


class LimiterUnavailableError(APIException):
    """Sign-in is refused because attempts cannot be counted."""

    status_code = 503
    default_detail = "Signing in is not possible for a moment. Please try again shortly."
    default_code = "limiter_down"
    wait = 5


class Charge(NamedTuple):
    """Units that a request takes from the limit of a key; ``policy`` names the limit in header fields."""

    key: str
    rate: RateLimit
    cost: int = 1
    policy: str = _REQUESTS


def consume_units(key: str, rate: RateLimit, cost: int = 1) -> ThrottleDecision:
    """Take ``cost`` units from the limit of a key. Raises :class:`RedisUnavailableError` without Redis."""
    return _run_script([Charge(key, rate, cost)], only_look=False)[0]


def has_units(key: str, rate: RateLimit) -> bool:
    """Return whether the limit of a key has a unit left; takes none. Raises like :func:`consume_units`."""
    return _run_script([Charge(key, rate)], only_look=True)[0].allowed


def clear_units(key: str) -> None:
    """Make all units of a key available again. Raises like :func:`consume_units`."""
    call_redis(lambda client: client.delete(_build_redis_key(key)))


def _build_redis_key(key: str) -> str:
    return f"lnc:rate:{key}"


def _run_script(charges: Sequence[Charge], only_look: bool) -> list[ThrottleDecision]:
    """Decide on every charge by itself, all in one round trip."""
    keys = [_build_redis_key(charge.key) for charge in charges]
    numbers = [(charge.rate.unit_microseconds, charge.rate.limit, charge.cost) for charge in charges]
    arguments: list[str | float] = [*keys, int(only_look), *chain.from_iterable(numbers)]

    def run_script(client: Redis) -> Any:
        try:
            return client.evalsha(_GCRA_SCRIPT_SHA1, len(keys), *arguments)
        except NoScriptError:  # the first call since Redis started; EVAL caches the script
            return client.eval(_GCRA_SCRIPT, len(keys), *arguments)

    return [
        ThrottleDecision(bool(allowed), wait / 1_000_000, remaining)
        for allowed, wait, remaining in call_redis(run_script)
    ]


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
    return apply_rate_limits([Charge(principal, rate or RateLimit.parse(settings.API_RATE), cost)])[0]


def apply_rate_limits(charges: Sequence[Charge]) -> list[ThrottleDecision]:
    """Decide on every charge by itself, all in one round trip, also without Redis."""
    try:
        return _run_script(charges, only_look=False)
    except RedisUnavailableError:
        return [_LOCAL_LIMITER.consume_units(charge.key, charge.rate, charge.cost) for charge in charges]


def _charge_request(request: Request, view: APIView) -> Charge:
    """A view may set ``throttle_cost``."""
    cost = getattr(view, "throttle_cost", 1)
    return Charge(_get_principal(request), RateLimit.parse(settings.API_RATE), cost)


def _charge_pairs(request: Request, _view: APIView) -> Charge:
    """A pair costs one unit for each :data:`CHARACTERS_PER_UNIT` characters or part of them.

    A batch above the limit costs the whole limit.
    """
    rate = RateLimit.parse(settings.BATCH_RATE)
    cost = min(compute_batch_cost(request.data), rate.limit)
    return Charge(f"pairs:{_get_principal(request)}", rate, cost, _PAIRS)


def _charge_bytes(request: Request, _view: APIView) -> Charge:
    """A request above the limit costs the whole limit."""
    rate = RateLimit.parse(settings.BYTE_RATE)
    cost = min(max(1, int(request.META.get("CONTENT_LENGTH") or 0)), rate.limit)
    return Charge(f"bytes:{_get_principal(request)}", rate, cost, _BYTES)


class PrincipalThrottle(BaseThrottle):
    """Limits what a user or API key sends by the charges of its class, all counted in one round trip."""

    charge_builders: tuple[Callable[[Request, APIView], Charge], ...] = (_charge_request,)
    wait_seconds: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request keeps every limit, also without Redis."""
        charges = [build(request, view) for build in self.charge_builders]
        decisions = apply_rate_limits(charges)
        for charge, decision in zip(charges, decisions, strict=True):
            _record_decision(request, charge.policy, charge.rate, decision)
        self.wait_seconds = max(decision.wait_seconds for decision in decisions)
        return all(decision.allowed for decision in decisions)

    def wait(self) -> float | None:
        """Return the seconds until the request would pass, or ``None`` before a decision."""
        return self.wait_seconds


class RequestThrottle(PrincipalThrottle):
    """Limits requests, and the bytes that are sent to be stored, over an hour or a day."""

    charge_builders = (_charge_request, _charge_bytes)


class PairThrottle(PrincipalThrottle):
    """Limits the pairs and bytes of batches, after the requests: a body that cannot be read costs one."""

    charge_builders = (_charge_pairs, _charge_bytes)


def enforce_rate_limit(request: Request, name: str, cost: int, rate: RateLimit) -> None:
    """Take units whose number is known only after the body was read. Raises ``Throttled``.

    A cost above the limit takes the whole limit.
    """
    decision = apply_rate_limit(f"{name}:{_get_principal(request)}", min(max(1, cost), rate.limit), rate)
    if not _record_decision(request, name, rate, decision):
        raise Throttled(decision.wait_seconds)


class AddressThrottle(BaseThrottle):
    """Limits attempts by network address; refuses them while they cannot be counted.

    ``purpose`` names the limit and ``setting`` the rate of a subclass.
    """

    purpose: str
    setting: str
    decision: ThrottleDecision | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the attempt passes. Raises :class:`LimiterUnavailableError` without Redis."""
        rate = RateLimit.parse(getattr(settings, self.setting))
        try:
            self.decision = consume_units(f"{self.purpose}:{get_client_network(request)}", rate)
        except RedisUnavailableError as error:
            raise LimiterUnavailableError from error
        return _record_decision(request, self.purpose, rate, self.decision)

    def wait(self) -> float | None:
        """Return the seconds until the attempt would pass, or ``None`` before a decision."""
        return self.decision.wait_seconds if self.decision else None


class LoginThrottle(AddressThrottle):
    """Limits sign-in attempts; the pages count against the same limit."""

    purpose, setting = "login", "LOGIN_RATE"


class RefreshThrottle(AddressThrottle):
    """Limits refreshes apart from sign-in: nobody is signed out because a neighbour guesses passwords."""

    purpose, setting = "refresh", "REFRESH_RATE"


def list_violated_policies(request: HttpRequest) -> list[str]:
    """Return the names of the quota policies that refused a request."""
    return [status.policy for status in get_rate_limits(request) if not status.decision.allowed]


def get_rate_limits(request: HttpRequest) -> list[RateLimitStatus]:
    """Return the quota policies that a request was counted against, in the order of their decisions."""
    return list(getattr(request, "rate_limits", {}).values())


def _record_decision(request: Request, policy: str, rate: RateLimit, decision: ThrottleDecision) -> bool:
    """Store the decision for ``RateLimitHeadersMiddleware``; return whether the request is allowed."""
    django_request: Any = request._request
    limits = django_request.__dict__.setdefault("rate_limits", {})
    limits[policy] = RateLimitStatus(policy, rate, decision)
    return decision.allowed


def compute_batch_cost(body: Any) -> int:
    """Return the units that a batch costs: its pairs, each by the characters of its texts."""
    pairs = body.get("pairs") if isinstance(body, dict) else None
    return max(1, sum(map(_compute_pair_cost, pairs))) if isinstance(pairs, list) else 1


def _compute_pair_cost(pair: Any) -> int:
    texts = [text for text in pair.values() if isinstance(text, str)] if isinstance(pair, dict) else []
    return max(1, math.ceil(sum(map(len, texts)) / CHARACTERS_PER_UNIT))


def _get_principal(request: Request) -> str:
    """Return the principal of a request: its API key, else its user, else its network address."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{get_client_network(request)}"
