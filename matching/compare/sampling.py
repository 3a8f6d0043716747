"""Sampling of predictions for review, by the newest review policy, which each process caches for seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from accounts.audit import trail
from accounts.models import User
from matching.models import ReviewPolicy, ReviewStream, VerdictChoice

CACHE_SECONDS = 5.0
"""Seconds until a process reads the policy again."""


@dataclass(frozen=True)
class SamplingPolicy:
    """Sampling rates in [0, 1], and quotas: the most new review items a day by stream.

    The defaults hold until somebody sets a policy.
    """

    audit: float = 0.02
    uncertain: float = 1.0
    disagreement: float = 1.0
    second: float = 0.15
    gold: float = 0.04
    quotas: Mapping[str, int] = field(default_factory=dict)


_cached_policies: dict[str, tuple[float, SamplingPolicy]] = {}
"""The cached policy and when it expires, under the one key ``""``."""


def get_policy() -> SamplingPolicy:
    """Return the policy in force, at most five seconds old."""
    expires, policy = _cached_policies.get("", (0.0, SamplingPolicy()))
    if time.monotonic() < expires:
        return policy
    row = ReviewPolicy.objects.first()
    return cache_policy(_parse_policy(row) if row else SamplingPolicy(), CACHE_SECONDS)


def cache_policy(policy: SamplingPolicy, seconds: float) -> SamplingPolicy:
    """Use a policy in this process for some seconds without reading the table."""
    _cached_policies[""] = (time.monotonic() + seconds, policy)
    return policy


@transaction.atomic
def update_policy(actor: User, policy: SamplingPolicy, reason: str) -> ReviewPolicy:
    """Put a new policy in force. Raises ``IntegrityError`` for a rate outside [0, 1]."""
    columns: dict[str, Any] = {f"{name}_share": value for name, value in asdict(policy).items()}
    quotas = columns.pop("quotas_share")
    row = ReviewPolicy.objects.create(**columns, quotas=quotas, reason=reason, set_by=actor)
    trail.record_event("review_policy.changed", row, actor, shares=asdict(policy), reason=reason)
    cache_policy(policy, 0)
    return row


def draw_review_stream(verdict: str) -> tuple[str, float | None]:
    """Draw the stream that sends a prediction to review, with the probability of the draw; none as ``""``.

    The audit stream is drawn first and from all predictions, so that its weights are right for all traffic:
    it is the only unbiased source of estimates.
    """
    policy = get_policy()
    if random.random() < policy.audit:  # noqa: S311 - a sample, not a secret
        return ReviewStream.AUDIT, policy.audit
    if verdict == VerdictChoice.REVIEW and random.random() < policy.uncertain:  # noqa: S311 - as above
        return ReviewStream.UNCERTAIN, (1 - policy.audit) * policy.uncertain
    return "", None


def _parse_policy(row: ReviewPolicy) -> SamplingPolicy:
    return SamplingPolicy(
        audit=row.audit_share,
        uncertain=row.uncertain_share,
        disagreement=row.disagreement_share,
        second=row.second_share,
        gold=row.gold_share,
        quotas=row.quotas,
    )
