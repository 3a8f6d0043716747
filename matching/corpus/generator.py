"""Composing the corpus: every recipe as often as the table says, in a fixed order for a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

from matching.corpus import surface
from matching.corpus.pairs import LabelledPair
from matching.corpus.recipes import RECIPES, Made, Recipe
from matching.corpus.vocabulary import Draw

DEFAULT_SIZE = sum(recipe.share for recipe in RECIPES)
"""Pairs of a full corpus: over 40,000 with the same legal form written otherwise, over 30,000 with another
form.
"""

_TRIES = 60
_REWRITTEN = 0.4


def recipes() -> tuple[Recipe, ...]:
    """The table of what is made, for documents."""
    return RECIPES


def generate(seed: int, size: int = DEFAULT_SIZE) -> Iterator[LabelledPair]:
    """About ``size`` labelled pairs, the same ones for the same seed.

    Two fifths of the pairs are also written differently (case, punctuation, spaces, accents) on one side,
    which leaves their label; sides are exchanged at random. Raises :class:`ValueError` for a size below 1.
    """
    if size < 1:
        raise ValueError(f"The corpus needs a size of at least 1 pair; got {size}.")
    for at, recipe in enumerate(RECIPES):
        draw = Draw(seed * 1_000 + at)
        for _ in range(max(1, round(recipe.share * size / DEFAULT_SIZE))):
            yield _pair(draw, recipe)


def _pair(draw: Draw, recipe: Recipe) -> LabelledPair:
    left, right, base = _made(draw, recipe)
    category = recipe.category
    if draw.chance(_REWRITTEN):
        right, change = surface.rewrite(draw, right, recipe.kind)
        category = f"{category}+{change}" if change and change not in category else category
    if draw.chance(0.5):
        left, right = right, left
    entity = f"made:{base.casefold()}"
    return LabelledPair(
        left.strip(),
        right.strip(),
        recipe.material,
        recipe.kind,
        category,
        entity,
        recipe.weight,
        "constructed",
    )


def _made(draw: Draw, recipe: Recipe) -> Made:
    for _ in range(_TRIES):
        made = recipe.make(draw)
        if made and made[0] != made[1] and made[0].strip() and made[1].strip():
            return made
    raise RuntimeError(f"Recipe {recipe.category} made no pair in {_TRIES} tries.")
