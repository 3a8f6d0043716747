"""Coefficients of agreement between reviewers, with and without correction for chance.

Report them together: kappa is low at 90 % agreement when one answer is rare, and percentage agreement is high
for guesses. Pure functions; an answer can be any hashable value.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

AnswerPairs = Sequence[tuple[Hashable, Hashable]]
"""One entry per item: the answers of the first and of the second reviewer."""

Units = Sequence[Sequence[Hashable]]
"""One entry per item: all its answers."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of two reviewers over ``n`` items; an undefined coefficient is ``None``."""

    n: int
    percent: float
    kappa: float | None
    alpha: float | None
    ac1: float | None


def compute_agreement(pairs: AnswerPairs) -> Agreement:
    """Return all coefficients for two reviewers. Raises ``ValueError`` without an item."""
    return Agreement(
        n=len(pairs),
        percent=percent_agreement(pairs),
        kappa=cohen_kappa(pairs),
        alpha=krippendorff_alpha(pairs),
        ac1=gwet_ac1(pairs),
    )


def percent_agreement(pairs: AnswerPairs) -> float:
    """Return the share of items with equal answers, 0 to 1. Raises ``ValueError`` without an item."""
    if not pairs:
        raise ValueError("agreement needs at least one item that two people answered")
    return sum(first == second for first, second in pairs) / len(pairs)


def cohen_kappa(pairs: AnswerPairs) -> float | None:
    """Return Cohen's kappa (1960); ``None`` when both reviewers always gave the same single answer."""
    observed = percent_agreement(pairs)
    firsts, seconds = (Counter(side) for side in zip(*pairs, strict=True))
    expected = sum(firsts[answer] * seconds[answer] for answer in firsts) / len(pairs) ** 2
    return _correct_for_chance(observed, expected)


def gwet_ac1(pairs: AnswerPairs) -> float | None:
    """Return Gwet's AC1 (2008), robust to rare answers; ``None`` if all answers are equal."""
    observed = percent_agreement(pairs)
    counts = Counter(answer for pair in pairs for answer in pair)
    if len(counts) < 2:
        return None
    shares = [count / (2 * len(pairs)) for count in counts.values()]
    expected = sum(share * (1 - share) for share in shares) / (len(counts) - 1)
    return _correct_for_chance(observed, expected)


def krippendorff_alpha(units: Units) -> float | None:
    """Return Krippendorff's alpha for nominal data, any number of reviewers and missing answers.

    ``None`` if all answers are equal. Raises ``ValueError`` unless some item has two answers.
    """
    paired = [unit for unit in units if len(unit) >= 2]
    if not paired:
        raise ValueError("agreement needs at least one item that two people answered")
    counts = Counter(answer for unit in paired for answer in unit)
    n = sum(counts.values())
    observed = sum(_count_disagreements(unit) for unit in paired) / n
    expected = (n * n - sum(count * count for count in counts.values())) / (n * (n - 1))
    return None if expected == 0 else 1 - observed / expected


def bootstrap_interval(
    pairs: AnswerPairs,
    coefficient: Callable[[AnswerPairs], float | None],
    rounds: int = 1_000,
    seed: int = 20,
) -> tuple[float, float] | None:
    """Return the 95 % percentile bootstrap interval of a coefficient, resampling items.

    Rounds with an undefined coefficient are left out; ``None`` if it is undefined in all rounds.
    """
    rng = random.Random(seed)  # noqa: S311 - a resample, not a secret
    drawn = (coefficient(rng.choices(pairs, k=len(pairs))) for _ in range(rounds))
    values = sorted(value for value in drawn if value is not None)
    if not values:
        return None
    return values[round(0.025 * (len(values) - 1))], values[round(0.975 * (len(values) - 1))]


def _correct_for_chance(observed: float, expected: float) -> float | None:
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _count_disagreements(unit: Sequence[Hashable]) -> float:
    """Return the number of ordered pairs of unequal answers of one item, divided by its answers minus one."""
    counts = Counter(unit)
    unequal = len(unit) ** 2 - sum(count * count for count in counts.values())
    return unequal / (len(unit) - 1)
