"""Rate limits per principal (user, API key or network address), exact under concurrency.

The generic cell rate algorithm (GCRA) runs inside Redis as one atomic script: it stores one number per
principal and has no window boundaries. Without Redis, requests fall back to a limiter in this process;
sign-in does not, because an outage of the cache must not allow unlimited password guessing.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from redis import Redis
from redis.exceptions import NoScriptError
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.auth.client_address import get_client_network
from accounts.models import ApiKey, User
from accounts.redis_client import RedisUnavailableError, call_redis
from accounts.usage.counters import Meter, Quota, find_month, find_month_end
from accounts.usage.limit_script import LIMIT_SCRIPT, LIMIT_SCRIPT_SHA1
from accounts.usage.quotas import QuotaExceededError, list_quotas, seed_quotas
from accounts.usage.rates import BYTES, PAIRS, REQUESTS, RateLimit, RateLimitStatus, ThrottleDecision

if TYPE_CHECKING:  # rest_framework.views imports this module through the settings
    from rest_framework.views import APIView

CHARACTERS_PER_UNIT = 250
"""Characters of a pair that cost one unit of a batch; ordinary pairs have under a hundred."""

_MAX_LOCAL_PRINCIPALS = 10_000
"""Principals that the local limiter remembers; the least recently used is dropped first."""


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
    policy: str = REQUESTS


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


def _run_script(
    charges: Sequence[Charge], only_look: bool, meter: Meter | None = None
) -> list[ThrottleDecision]:
    """Decide on every charge by itself, then on every quota of the meter, all in one round trip.

    Only the first request under a quota in a month takes three: it tells the store what is used of it.
    """
    if answer := _call_script(charges, only_look, meter):
        return answer
    seed_quotas(meter.quotas if meter else (), timezone.now())
    return _call_script(charges, only_look, meter)


def _call_script(charges: Sequence[Charge], only_look: bool, meter: Meter | None) -> list[ThrottleDecision]:
    """Return the decisions; none, having done nothing, while the use of a quota is not known."""
    numbers = [(charge.rate.unit_microseconds, charge.rate.limit, charge.cost) for charge in charges]
    keys = [_build_redis_key(charge.key) for charge in charges]
    if meter is not None:
        keys += meter.list_keys(timezone.now())
    question = orjson.dumps((only_look, numbers, meter.list_arguments() if meter else ()))

    def run_script(client: Redis) -> Any:
        try:
            return client.evalsha(LIMIT_SCRIPT_SHA1, len(keys), *keys, question)
        except NoScriptError:  # the first call since Redis started; EVAL caches the script
            return client.eval(LIMIT_SCRIPT, len(keys), *keys, question)

    return [
        ThrottleDecision(bool(allowed), wait / 1_000_000, remaining)
        for allowed, wait, remaining in orjson.loads(call_redis(run_script))
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


def apply_rate_limits(charges: Sequence[Charge], meter: Meter | None = None) -> list[ThrottleDecision]:
    """Decide on every charge by itself, all in one round trip, and then on the quotas of the meter.

    Without Redis each process decides on the charges alone, and nothing is counted as usage.
    """
    try:
        return _run_script(charges, only_look=False, meter=meter)
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
    return Charge(f"pairs:{_get_principal(request)}", rate, cost, PAIRS)


def _charge_bytes(request: Request, _view: APIView) -> Charge:
    """A request above the limit costs the whole limit."""
    rate = RateLimit.parse(settings.BYTE_RATE)
    cost = min(max(1, int(request.META.get("CONTENT_LENGTH") or 0)), rate.limit)
    return Charge(f"bytes:{_get_principal(request)}", rate, cost, BYTES)


class PrincipalThrottle(BaseThrottle):
    """Limits what a user or API key sends by the charges of its class, all counted in one round trip."""

    charge_builders: tuple[Callable[[Request, APIView], Charge], ...] = (_charge_request,)
    requests = 1
    wait_seconds: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request keeps every limit, also without Redis. Raises ``QuotaExceededError``."""
        charges = [build(request, view) for build in self.charge_builders]
        meter = _build_meter(request, self.requests, self.count_pairs(request, view))
        self.wait_seconds = _decide(request, charges, meter)
        return self.wait_seconds == 0

    def count_pairs(self, request: Request, view: APIView) -> int:
        """Return the pairs that are compared; a view may set ``throttle_pairs``."""
        return getattr(view, "throttle_pairs", 0)

    def wait(self) -> float | None:
        """Return the seconds until the request would pass, or ``None`` before a decision."""
        return self.wait_seconds


class RequestThrottle(PrincipalThrottle):
    """Limits requests, and the bytes that are sent to be stored, over an hour or a day."""

    charge_builders = (_charge_request, _charge_bytes)


class PairThrottle(PrincipalThrottle):
    """Limits the pairs and bytes of batches, after the requests: a body that cannot be read costs one."""

    charge_builders = (_charge_pairs, _charge_bytes)
    requests = 0

    def count_pairs(self, request: Request, view: APIView) -> int:
        """Return the pairs of the batch."""
        pairs = request.data.get("pairs") if isinstance(request.data, dict) else None
        return len(pairs) if isinstance(pairs, list) else 0


def enforce_rate_limit(request: Request, name: str, cost: int, rate: RateLimit, pairs: int = 0) -> None:
    """Take units whose number is known only after the body was read, and count pairs.

    A cost above the limit takes the whole limit. Raises ``Throttled`` and ``QuotaExceededError``.
    """
    charge = Charge(f"{name}:{_get_principal(request)}", rate, min(max(1, cost), rate.limit), name)
    if wait := _decide(request, [charge], _build_meter(request, 0, pairs)):
        raise Throttled(wait)


def take_pairs(user: User, charge: Charge, pairs: int) -> ThrottleDecision:
    """Decide on pairs that a user compares without the API, and count them as usage of the account.

    Only the quota of the account bounds them. Raises ``QuotaExceededError``.
    """
    meter = Meter(user.pk, None, 1, pairs, list_quotas(user, None))
    decision, *quota_decisions = apply_rate_limits([charge], meter)
    _refuse_exceeded(meter.quotas, quota_decisions, timezone.now())
    return decision


def _build_meter(request: Request, requests: int, pairs: int) -> Meter | None:
    """Return what a request adds to the usage of its sender; nothing is counted of strangers."""
    if not request.user.is_authenticated:
        return None
    key = request.auth if isinstance(request.auth, ApiKey) else None
    quotas = list_quotas(request.user, key)
    return Meter(request.user.pk, key.pk if key else None, requests, pairs, quotas)


def _decide(request: Request, charges: Sequence[Charge], meter: Meter | None) -> float:
    """Apply limits and quotas, and note each for the header fields; return the seconds to wait, 0 for none.

    Raises ``QuotaExceededError``.
    """
    decisions = apply_rate_limits(charges, meter)
    for charge, decision in zip(charges, decisions, strict=False):  # the quotas' decisions follow
        _record_decision(request, charge.policy, charge.rate, decision)
    if meter and meter.quotas:
        _record_quotas(request, meter.quotas, decisions[len(charges) :])
    return max(decision.wait_seconds for decision in decisions)


def _record_quotas(request: Request, quotas: Sequence[Quota], decisions: Sequence[ThrottleDecision]) -> None:
    """Note each quota for the header fields. Raises ``QuotaExceededError`` for the first that refuses."""
    now = timezone.now()
    month = (find_month_end(now) - now).total_seconds()
    days = find_month(now)[1] - find_month(now)[0]
    for quota, decision in zip(quotas, decisions, strict=False):  # none without the store
        rate = RateLimit(quota.pairs, days.total_seconds())
        status = RateLimitStatus(quota.policy, rate, decision, month)
        _get_statuses(request)[quota.policy] = status
    _refuse_exceeded(quotas, decisions, now)


def _refuse_exceeded(quotas: Sequence[Quota], decisions: Sequence[ThrottleDecision], now: datetime) -> None:
    """Raise ``QuotaExceededError`` for the first quota that refuses."""
    for quota, decision in zip(quotas, decisions, strict=False):
        if not decision.allowed:
            raise QuotaExceededError(quota, decision.remaining, now)


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
    _get_statuses(request)[policy] = RateLimitStatus(policy, rate, decision)
    return decision.allowed


def _get_statuses(request: Request) -> dict[str, RateLimitStatus]:
    statuses: dict[str, RateLimitStatus] = request._request.__dict__.setdefault("rate_limits", {})
    return statuses


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
