"""Which share of the answers people look at: read from the newest policy, kept for seconds per process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from accounts.audit import trail
from accounts.models import User
from matching.models import ReviewPolicy

CACHE_SECONDS = 5.0
"""Seconds until a process looks whether a lead changed the policy."""


@dataclass(frozen=True)
class SamplingPolicy:
    """Shares in [0, 1], and the most new items a day by stream; what holds before anybody set anything."""

    audit: float = 0.02
    uncertain: float = 1.0
    disagreement: float = 1.0
    second: float = 0.15
    gold: float = 0.04
    quotas: Mapping[str, int] = field(default_factory=dict)


_cached_policies: dict[str, tuple[float, SamplingPolicy]] = {}


def get_policy() -> SamplingPolicy:
    """Return the policy in force, at most five seconds old."""
    until, found = _cached_policies.get("", (0.0, SamplingPolicy()))
    if time.monotonic() < until:
        return found
    row = ReviewPolicy.objects.first()
    return cache_policy(_parse_policy(row) if row else SamplingPolicy(), CACHE_SECONDS)


def cache_policy(found: SamplingPolicy, seconds: float) -> SamplingPolicy:
    """Let this process work by a policy for some seconds without looking."""
    _cached_policies[""] = (time.monotonic() + seconds, found)
    return found


@transaction.atomic
def update_policy(actor: User, shares: SamplingPolicy, reason: str) -> ReviewPolicy:
    """Set a new policy. Raises ``IntegrityError`` for a share outside [0, 1]."""
    given: dict[str, Any] = {f"{name}_share": value for name, value in asdict(shares).items()}
    quotas = given.pop("quotas_share")
    row = ReviewPolicy.objects.create(**given, quotas=quotas, reason=reason, set_by=actor)
    trail.record_event("review_policy.changed", row, actor, shares=asdict(shares), reason=reason)
    cache_policy(shares, 0)
    return row


def _parse_policy(row: ReviewPolicy) -> SamplingPolicy:
    return SamplingPolicy(
        audit=row.audit_share,
        uncertain=row.uncertain_share,
        disagreement=row.disagreement_share,
        second=row.second_share,
        gold=row.gold_share,
        quotas=row.quotas,
    )
