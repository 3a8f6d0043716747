"""What an experiment can conclude, before it starts: reviews or users needed. Pure mathematics.

Both answers are exact for the rule that decides, repeated looks included: reviewed disagreements form a walk
whose states are counted one by one, and daily looks at a difference are integrated as in a group sequential
design (Armitage, McPherson, Rowe 1969): for intervals that hold at any moment, and for planned looks.
"""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from experiments.group_sequential import ScoreWalk, compute_bounds
from experiments.intervals import compute_half_width
from experiments.significance import is_conclusive

POWER = 0.8
"""Chance of a conclusion that "needed" promises."""
MAX_REVIEWS = 3_000
"""Reviews above which an experiment is called unable to conclude."""
LOOKS = 14
"""Equally spaced looks that the number of users is computed for; daily looks of two weeks."""

Floats = NDArray[np.float64]


class Design(StrEnum):
    """How the difference of users is judged."""

    ANY_TIME = "any time"
    """By an interval that holds at any moment."""
    PLANNED = "planned looks"
    """By one look a day until a planned end."""


def compute_required_reviews(win_share: float, power: float = POWER) -> int | None:
    """Return how many reviewed disagreements decide with this probability when B wins ``win_share``.

    ``None`` when more than :data:`MAX_REVIEWS` would be needed. Raises ``ValueError`` outside [0, 1].
    """
    if not 0 <= win_share <= 1:
        raise ValueError("a share lies between 0 and 1")
    decided = np.cumsum(_walk(round(win_share, 3)))
    enough = int(np.searchsorted(decided, power))
    return enough + 1 if enough < MAX_REVIEWS else None


def compute_review_power(win_share: float, reviews: int) -> float:
    """Return the probability that at most so many reviewed disagreements (up to 3,000) decide."""
    return float(_walk(round(win_share, 3))[:reviews].sum())


@lru_cache(maxsize=64)
def _walk(win_share: float) -> Floats:
    """Return for each number of reviews the probability that the experiment decides exactly there."""
    undecided, decided = np.ones(1), np.zeros(MAX_REVIEWS)
    for n, most_losses in enumerate(_list_bounds(), start=1):
        states = np.zeros(n + 1)
        states[:-1] += undecided * (1 - win_share)
        states[1:] += undecided * win_share
        decided[n - 1] = states[: most_losses + 1].sum() + states[n - most_losses :].sum()
        states[: most_losses + 1] = states[n - most_losses :] = 0.0
        undecided = states
    return decided


@lru_cache(maxsize=1)
def _list_bounds() -> list[int]:
    """Return for each number of reviews the most losses of the winner that still decide; -1 for none."""
    bounds, losses = [], -1
    for n in range(1, MAX_REVIEWS + 1):
        if is_conclusive(losses + 1, n):
            losses += 1
        bounds.append(losses)
    return bounds


def compute_required_users(
    effect: float, deviation: float, share_b: float = 0.5, design: Design = Design.ANY_TIME
) -> int | None:
    """Return the users of both arms together that conclude with :data:`POWER`, looking daily.

    ``effect`` is the true difference and the scale of the interval, ``deviation`` the standard deviation over
    users, both above 0 (``None`` otherwise) in the unit of the metric.
    """
    if deviation <= 0 or effect <= 0:
        return None
    return math.ceil((_find_required_signal(design) * deviation / effect) ** 2 * _spread(share_b))


def compute_detectable_effect(
    deviation: float, users: int, share_b: float = 0.5, design: Design = Design.ANY_TIME
) -> float:
    """Return the smallest difference that so many users in both arms find with :data:`POWER`."""
    return _find_required_signal(design) * deviation * math.sqrt(_spread(share_b) / users)


def compute_user_power(
    effect: float, deviation: float, users: int, share_b: float = 0.5, design: Design = Design.ANY_TIME
) -> float:
    """Return the probability that one of the equally spaced looks finds the effect.

    ``users`` is the number in both arms at the last look.
    """
    return _compute_signal_power(effect / deviation * math.sqrt(users / _spread(share_b)), design)


def _spread(share_b: float) -> float:
    return 1 / share_b + 1 / (1 - share_b)


@lru_cache(maxsize=2)
def _find_required_signal(design: Design) -> float:
    """Return the effect in standard errors of the last look that is found with :data:`POWER`."""
    low, high = 1.0, 10.0
    while high - low > 0.01:
        middle = (low + high) / 2
        enough = _compute_signal_power(middle, design) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    return high


def _compute_signal_power(signal: float, design: Design) -> float:
    """Return the power for an effect of so many standard errors of the last look.

    With the effect as unit, the score process has drift 1 and variance one per unit of information.
    """
    information = [signal**2 * look / LOOKS for look in range(1, LOOKS + 1)]
    walk, crossed = ScoreWalk(drift=1.0), 0.0
    for seen, bound in zip(information, _list_user_bounds(information, design), strict=True):
        crossed += walk.compute_crossing(seen, bound)
        walk = walk.go_on(seen, bound)
    return crossed


def _list_user_bounds(information: list[float], design: Design) -> list[float]:
    """Return the bound of each look in standard errors."""
    if design is Design.PLANNED:
        return list(_compute_planned_bounds())
    return [compute_half_width(1 / seen, 1.0) * math.sqrt(seen) for seen in information]


@lru_cache(maxsize=1)
def _compute_planned_bounds() -> tuple[float, ...]:
    return tuple(compute_bounds([float(look) for look in range(1, LOOKS + 1)], LOOKS))
