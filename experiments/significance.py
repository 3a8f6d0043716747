"""What the numbers of an experiment allow one to say. Plain mathematics, no database."""

from __future__ import annotations

import math
from dataclasses import dataclass

SRM_ALPHA = 0.001
SRM_MIN_USERS = 100
"""Fewer exposed users than this say nothing about the split."""

E_VALUE_THRESHOLD = 20.0
"""An e-value of 20 keeps false positives under 5 % however often one looks (Ville's inequality)."""

_PRIOR = 2.0


@dataclass(frozen=True)
class SampleRatioCheck:
    """Whether the arms got the users they should have: chi-square (1 degree of freedom), p-value, verdict."""

    statistic: float
    p_value: float
    has_enough_users: bool

    @property
    def is_mismatch(self) -> bool:
        """Say whether results must be withheld because the split is not the planned one."""
        return self.has_enough_users and self.p_value < SRM_ALPHA


def check_sample_ratio(users_a: int, users_b: int, share_b: float) -> SampleRatioCheck:
    """Compare distinct exposed users with the planned share of arm b (in (0, 1)).

    Raises ``ValueError`` for a share outside (0, 1) or negative counts.
    """
    if not 0 < share_b < 1 or users_a < 0 or users_b < 0:
        raise ValueError("counts must not be negative and the share must lie between 0 and 1")
    n = users_a + users_b
    if n == 0:
        return SampleRatioCheck(0.0, 1.0, has_enough_users=False)
    expected_a, expected_b = n * (1 - share_b), n * share_b
    statistic = (users_a - expected_a) ** 2 / expected_a + (users_b - expected_b) ** 2 / expected_b
    # With one degree of freedom the chi-square tail is the two-sided normal tail of its root.
    return SampleRatioCheck(
        statistic, math.erfc(math.sqrt(statistic / 2)), has_enough_users=n >= SRM_MIN_USERS
    )


def log_e_value(wins: int, pairs: int, prior: float = _PRIOR) -> float:
    """Return the natural logarithm of the e-value against "both arms win half of the disagreements".

    A beta-binomial mixture with a symmetric prior: anytime-valid, so one may look after every pair. ``wins``
    of ``pairs`` blindly reviewed disagreements went to the challenger. Raises ``ValueError`` if that cannot
    be.
    """
    if not 0 <= wins <= pairs or prior <= 0:
        raise ValueError("wins must lie between 0 and the number of pairs, and the prior must be positive")
    return _betaln(prior + wins, prior + pairs - wins) - _betaln(prior, prior) + pairs * math.log(2)


def e_value(wins: int, pairs: int) -> float:
    """Return the e-value itself; infinite when it exceeds what a float holds."""
    logarithm = log_e_value(wins, pairs)
    return math.inf if logarithm > 700 else math.exp(logarithm)


def is_conclusive(wins: int, pairs: int) -> bool:
    """Say whether the evidence is enough to stop."""
    return log_e_value(wins, pairs) >= math.log(E_VALUE_THRESHOLD)


def compute_required_pairs(win_share: float, limit: int = 100_000) -> int | None:
    """Return how many disagreements must be reviewed if the challenger wins this share of them.

    ``None`` when not even ``limit`` pairs would do: such an experiment cannot conclude and should not start.
    """
    if not 0 <= win_share <= 1:
        raise ValueError("a share lies between 0 and 1")
    return next((n for n in range(1, limit + 1) if is_conclusive(round(n * win_share), n)), None)


def _betaln(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
