"""Labelled pairs of names: made by construction, or read from a file.

Pure: no Django, no model, no knowledge of how the engine decides. The labels follow profile ``general``
of the rules: does the difference mean another name in law?
"""

from matching.corpus.generator import DEFAULT_SIZE, generate, recipes
from matching.corpus.pairs import LabelledPair, PairsFileError
from matching.corpus.reading import read_pairs
from matching.corpus.split import Part, held_out, part

__all__ = [
    "DEFAULT_SIZE",
    "LabelledPair",
    "PairsFileError",
    "Part",
    "generate",
    "held_out",
    "part",
    "read_pairs",
    "recipes",
]
