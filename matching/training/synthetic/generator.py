"""Generation of the corpus: each recipe as often as the table says, in a fixed order for a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

from matching.training.synthetic import surface
from matching.training.synthetic.pairs import LabelledPair
from matching.training.synthetic.recipes import RECIPES, GeneratedPair, Recipe
from matching.training.synthetic.vocabulary import WordSampler

DEFAULT_SIZE = sum(recipe.pair_count for recipe in RECIPES)
"""Pairs of a full corpus: over 40,000 with the same legal form written otherwise, over 30,000 with another
form.
"""

_MAX_TRIES = 60
_REWRITE_PROBABILITY = 0.4


def list_recipes() -> tuple[Recipe, ...]:
    """Return the table of recipes, for documents."""
    return RECIPES


def generate_pairs(seed: int, size: int = DEFAULT_SIZE) -> Iterator[LabelledPair]:
    """Generate about ``size`` labelled pairs, the same ones for the same seed.

    Two fifths of the pairs are also written differently (case, punctuation, spaces, accents) in one name,
    which leaves their label; name A and name B are exchanged at random. Raises :class:`ValueError` for a size
    below 1.
    """
    if size < 1:
        raise ValueError(f"The corpus needs a size of at least 1 pair; got {size}.")
    for at, recipe in enumerate(RECIPES):
        draw = WordSampler(seed * 1_000 + at)
        for _ in range(max(1, round(recipe.pair_count * size / DEFAULT_SIZE))):
            yield _make_labelled_pair(draw, recipe)


def _make_labelled_pair(draw: WordSampler, recipe: Recipe) -> LabelledPair:
    left, right, base = _run_recipe(draw, recipe)
    category = recipe.category
    if draw.flip_coin(_REWRITE_PROBABILITY):
        right, change = surface.rewrite(draw, right, recipe.kind)
        category = f"{category}+{change}" if change and change not in category else category
    if draw.flip_coin(0.5):
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


def _run_recipe(draw: WordSampler, recipe: Recipe) -> GeneratedPair:
    for _ in range(_MAX_TRIES):
        made = recipe.make(draw)
        if made and made[0] != made[1] and made[0].strip() and made[1].strip():
            return made
    raise RuntimeError(f"Recipe {recipe.category} made no pair in {_MAX_TRIES} tries.")
