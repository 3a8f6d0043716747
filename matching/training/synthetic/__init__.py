"""Labelled pairs of names: made by construction, or read from a file.

Pure: no Django, no model, no knowledge of how the engine decides. The labels follow profile ``general``
of the rules: does the difference mean another name in law?
"""

from matching.training.synthetic.generator import DEFAULT_SIZE, generate_pairs, list_recipes
from matching.training.synthetic.pairs import LabelledPair, PairsFileError
from matching.training.synthetic.reading import read_pairs
from matching.training.synthetic.split import DatasetSplit, assign_split, is_held_out

__all__ = [
    "DEFAULT_SIZE",
    "DatasetSplit",
    "LabelledPair",
    "PairsFileError",
    "assign_split",
    "generate_pairs",
    "is_held_out",
    "list_recipes",
    "read_pairs",
]
