"""Statistics of experiments: sample ratio check and anytime-valid e-values. Pure mathematics."""

from __future__ import annotations

import math
from dataclasses import dataclass

SRM_ALPHA = 0.001
"""p-value below which the split of users counts as a sample ratio mismatch (SRM)."""
SRM_MIN_USERS = 100
"""Smallest number of exposed users for which the split is checked."""

E_VALUE_THRESHOLD = 20.0
"""An e-value of 20 keeps false positives under 5 % however often it is read (Ville's inequality)."""

_PRIOR = 2.0
"""Parameter of the symmetric beta prior of the share of wins."""


@dataclass(frozen=True)
class SampleRatioCheck:
    """A comparison of exposed with planned users: chi-square with one degree of freedom, and its p-value."""

    statistic: float
    p_value: float
    has_enough_users: bool
    users_a: int = 0
    users_b: int = 0
    share_b: float = 0.5

    @property
    def is_mismatch(self) -> bool:
        """Say whether results must be withheld because the split differs from the plan."""
        return self.has_enough_users and self.p_value < SRM_ALPHA


def check_sample_ratio(users_a: int, users_b: int, share_b: float) -> SampleRatioCheck:
    """Compare distinct exposed users with the planned share of arm b (in (0, 1)).

    Raises ``ValueError`` for a share outside (0, 1) or negative counts.
    """
    if not 0 < share_b < 1 or users_a < 0 or users_b < 0:
        raise ValueError("counts must not be negative and the share must lie between 0 and 1")
    n = users_a + users_b
    users = (users_a, users_b, share_b)
    if n == 0:
        return SampleRatioCheck(0.0, 1.0, False, *users)
    expected_a, expected_b = n * (1 - share_b), n * share_b
    statistic = (users_a - expected_a) ** 2 / expected_a + (users_b - expected_b) ** 2 / expected_b
    # With one degree of freedom the chi-square tail is the two-sided normal tail of its root.
    p_value = math.erfc(math.sqrt(statistic / 2))
    return SampleRatioCheck(statistic, p_value, n >= SRM_MIN_USERS, *users)


def log_e_value(wins: int, pairs: int, prior: float = _PRIOR) -> float:
    """Return the natural logarithm of the e-value against "both arms win half of the disagreements".

    A beta-binomial mixture with a symmetric prior: anytime-valid, so it may be read after every pair.
    ``wins`` of ``pairs`` blindly reviewed disagreements went to the challenger. Raises ``ValueError`` unless
    0 <= wins <= pairs and the prior is positive.
    """
    if not 0 <= wins <= pairs or prior <= 0:
        raise ValueError("wins must lie between 0 and the number of pairs, and the prior must be positive")
    return _betaln(prior + wins, prior + pairs - wins) - _betaln(prior, prior) + pairs * math.log(2)


def e_value(wins: int, pairs: int) -> float:
    """Return the e-value, infinite when it exceeds the range of a float."""
    logarithm = log_e_value(wins, pairs)
    return math.inf if logarithm > 700 else math.exp(logarithm)


def is_conclusive(wins: int, pairs: int) -> bool:
    """Say whether the evidence is sufficient to stop."""
    return log_e_value(wins, pairs) >= math.log(E_VALUE_THRESHOLD)


def _betaln(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
