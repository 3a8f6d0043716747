"""Pairs that clients send, and what is true of them before and after the guideline changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

from matching.corpus import LabelledPair, generate_pairs

STRICTER = frozenset({"O17", "O18", "O28"})
"""What the new guideline takes for another name: misspelt words, and singular for plural."""

TOUCHED = 0.25
"""Share of the traffic that the new guideline is about, before and after it: only the truth changes."""

_SHIFTED = "O08"
_SHIFT = 0.5
POOL = 50_000
_RESERVE = 0.3


def is_touched(pair: LabelledPair) -> bool:
    """Say whether the new guideline answers otherwise about a pair."""
    return not pair.material and bool(STRICTER & set(pair.category.split("+")))


def truth(pair: LabelledPair, stricter: bool) -> bool:
    """Return whether the difference is material, under the old or the new guideline."""
    return pair.material or (stricter and is_touched(pair))


class Traffic:
    """An endless stream of pairs of a steady mix, and a reserve of pairs that are never sent."""

    def __init__(self, seed: int, pool: int = POOL) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - a simulation
        pairs = list({(pair.left, pair.right): pair for pair in generate_pairs(seed, pool)}.values())
        entities = sorted({pair.entity for pair in pairs})
        reserved = set(self._dice.sample(entities, int(len(entities) * _RESERVE)))
        self._sent = _Pool([pair for pair in pairs if pair.entity not in reserved], self._dice)
        self._kept = _Pool([pair for pair in pairs if pair.entity in reserved], self._dice)

    def hour(self, n: int, shifted: bool = False) -> list[LabelledPair]:
        """Return what is sent in an hour; ``shifted`` sends far more pairs with abbreviated legal forms."""
        return self._sent.draw(n, _SHIFT if shifted else 0.0)

    def reserve(self, n: int) -> list[LabelledPair]:
        """Return pairs of the steady mix whose entities are never sent: to measure on."""
        return self._kept.draw(n, 0.0)


class _Pool:
    """Pairs by what happens to them; drawn in turn, so that none comes again before all came."""

    def __init__(self, pairs: Sequence[LabelledPair], dice: random.Random) -> None:
        self._dice = dice
        pairs = dice.sample(pairs, len(pairs))
        steady = [pair for pair in pairs if not is_touched(pair)]
        self._touched = [pair for pair in pairs if is_touched(pair)]
        self._forms = [pair for pair in steady if pair.category == _SHIFTED]
        self._steady = steady

    def draw(self, n: int, shift: float) -> list[LabelledPair]:
        touched, moved = round(n * TOUCHED), round(n * (1 - TOUCHED) * shift)
        chosen = [
            *self._turn(self._touched, touched),
            *self._turn(self._forms, moved),
            *self._turn(self._steady, n - touched - moved),
        ]
        self._dice.shuffle(chosen)
        return chosen

    def _turn(self, pairs: list[LabelledPair], n: int) -> list[LabelledPair]:
        if n > len(pairs):
            raise ValueError(f"the pool holds {len(pairs)} pairs of a sort; {n} are asked for in one hour")
        taken, rest = pairs[:n], pairs[n:]
        pairs[:] = rest + taken
        return taken
