"""Simulated experiments that tests and the measurement of docs/benchmarks.md have in common."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.group_sequential import find_deciding_look
from experiments.intervals import ArmComparison, Values, compare_arms

DAYS = 14

Rule = Callable[[Sequence[ArmComparison | None]], bool]
"""Whether somebody who saw these looks, one a day, would have concluded."""


def conclude_any_time(looks: Sequence[ArmComparison | None]) -> bool:
    """By always-valid intervals."""
    return any(
        look is not None
        and look.has_enough_users
        and look.difference is not None
        and look.difference.excludes(0)
        for look in looks
    )


def conclude_as_planned(looks: Sequence[ArmComparison | None]) -> bool:
    """By planned looks."""
    return find_deciding_look(looks, len(looks))[0] > 0


def share_concluded(rule: Rule, effect: float, runs: int, users_a_day: int, scale: float, seed: int) -> float:
    """The share of experiments that are concluded by daily looks at a share of requests.

    Users arrive through the days and go on comparing, so their values change from look to look.
    """
    rng, decided = np.random.default_rng(seed), 0
    for _ in range(runs):
        n = users_a_day * DAYS
        in_b, first_day = rng.random(n) < 0.5, np.repeat(np.arange(DAYS), users_a_day)
        share = np.clip(rng.beta(2, 6, n) * (1 + effect * in_b), 0, 1)
        active = first_day[:, None] <= np.arange(DAYS)
        asked = rng.poisson(rng.gamma(1, 3, n)[:, None], (n, DAYS)) * active
        hits = rng.binomial(asked, share[:, None]).cumsum(axis=1).astype(float)
        totals = asked.cumsum(axis=1).astype(float)
        decided += rule([_compare(hits[:, day], totals[:, day], in_b, scale) for day in range(DAYS)])
    return decided / runs


def share_found(rule: Rule, effect: float, users: int, share_b: float, runs: int, seed: int) -> float:
    """The share of experiments in which a true effect on normal values is found by 14 equal looks."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(runs):
        in_b = rng.random(users) < share_b
        values = rng.normal(size=users) + effect * in_b
        sizes = [users * look // DAYS for look in range(1, DAYS + 1)]
        found += rule([compare_arms((values[:n][~in_b[:n]], values[:n][in_b[:n]]), effect) for n in sizes])
    return found / runs


def _compare(
    numerators: Values, counts: Values, in_b: NDArray[np.bool_], scale: float
) -> ArmComparison | None:
    met = counts > 0
    values, arm = numerators[met] / counts[met], in_b[met]
    return compare_arms((values[~arm], values[arm]), scale)
