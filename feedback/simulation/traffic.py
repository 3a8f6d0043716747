"""Simulated client traffic, and the true answer for each pair before and after the guideline change."""

from __future__ import annotations

import random
from collections.abc import Sequence

from matching.engine.categories import CategoryId
from matching.training.synthetic import LabelledPair, generate_pairs

STRICTER_CATEGORIES = frozenset(
    {CategoryId.O17_TYPO_ORDINARY_WORD, CategoryId.O18_TYPO_DISTINCTIVE_WORD, CategoryId.O28_PLURAL}
)
"""Categories that the new guideline makes material: misspelt words, and singular against plural."""

AFFECTED_SHARE = 0.25
"""Share of the traffic that the new guideline affects. It is constant: only the true answer changes."""

_SHIFTED_CATEGORY = CategoryId.O08_FORM_ABBREVIATED
_SHIFTED_SHARE = 0.5
POOL_SIZE = 50_000
_HOLDOUT_SHARE = 0.3


def is_affected(pair: LabelledPair) -> bool:
    """Return whether the new guideline changes the true answer for a pair."""
    return not pair.material and bool(STRICTER_CATEGORIES & set(pair.category.split("+")))


def is_truly_material(pair: LabelledPair, stricter: bool) -> bool:
    """Return whether the difference is material, under the old or the new guideline."""
    return pair.material or (stricter and is_affected(pair))


class SimulatedTraffic:
    """An unlimited stream of pairs in a constant mix, and a holdout of pairs that are never sent."""

    def __init__(self, seed: int, pool: int = POOL_SIZE) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - a simulation
        pairs = list({(pair.left, pair.right): pair for pair in generate_pairs(seed, pool)}.values())
        entities = sorted({pair.entity for pair in pairs})
        reserved = set(self._rng.sample(entities, int(len(entities) * _HOLDOUT_SHARE)))
        self._traffic_pool = _PairPool([pair for pair in pairs if pair.entity not in reserved], self._rng)
        self._holdout_pool = _PairPool([pair for pair in pairs if pair.entity in reserved], self._rng)

    def draw_hour(self, n: int, shifted: bool = False) -> list[LabelledPair]:
        """Return ``n`` pairs for one hour; ``shifted`` raises the share of abbreviated legal forms."""
        return self._traffic_pool.draw(n, _SHIFTED_SHARE if shifted else 0.0)

    def draw_holdout(self, n: int) -> list[LabelledPair]:
        """Return ``n`` evaluation pairs in the constant mix whose entities are never sent."""
        return self._holdout_pool.draw(n, 0.0)


class _PairPool:
    """Pairs grouped by mix component; drawn in rotation, so none repeats before its group is used up."""

    def __init__(self, pairs: Sequence[LabelledPair], rng: random.Random) -> None:
        self._rng = rng
        pairs = rng.sample(pairs, len(pairs))
        steady = [pair for pair in pairs if not is_affected(pair)]
        self._affected = [pair for pair in pairs if is_affected(pair)]
        self._abbreviated_forms = [pair for pair in steady if pair.category == _SHIFTED_CATEGORY]
        self._steady = steady

    def draw(self, n: int, shift: float) -> list[LabelledPair]:
        affected, abbreviated = round(n * AFFECTED_SHARE), round(n * (1 - AFFECTED_SHARE) * shift)
        chosen = [
            *self._take_next(self._affected, affected),
            *self._take_next(self._abbreviated_forms, abbreviated),
            *self._take_next(self._steady, n - affected - abbreviated),
        ]
        self._rng.shuffle(chosen)
        return chosen

    def _take_next(self, pairs: list[LabelledPair], n: int) -> list[LabelledPair]:
        if n > len(pairs):
            raise ValueError(f"the pool holds {len(pairs)} pairs of a sort; {n} are asked for in one hour")
        taken, rest = pairs[:n], pairs[n:]
        pairs[:] = rest + taken
        return taken
