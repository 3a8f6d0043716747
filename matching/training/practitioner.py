"""Pairs with the verdicts that a careful practitioner accepts under a profile (``practitioner_pairs.csv``).

Written by hand for this project; every name is invented or public. The rows have been seen while the rules
were written: what is measured on them is a lower bound of the error on new ones.
"""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import NamedTuple

from matching.engine import Verdict


class PractitionerPair(NamedTuple):
    """Two names under a profile, with the accepted verdicts; ``group`` names the sort of difference."""

    group: str
    left: str
    right: str
    profile: str
    kind: str
    accepted: frozenset[Verdict]
    note: str

    def classify(self, verdict: Verdict) -> str:
        """Return ``right``, or the sort of error: see :data:`OUTCOMES`."""
        return RIGHT if verdict in self.accepted else _ERRORS[verdict]


RIGHT = "right"
_ERRORS = {
    Verdict.IMMATERIAL: "dangerous",
    Verdict.MATERIAL: "needlessly material",
    Verdict.REVIEW: "needless review",
}
OUTCOMES = (RIGHT, *_ERRORS.values())
"""What a verdict is beside the accepted ones; *dangerous* is an *immaterial* that is not accepted."""


@cache
def load_practitioner_pairs() -> tuple[PractitionerPair, ...]:
    """Return all pairs in the order of the file."""
    path = files("matching.training").joinpath("practitioner_pairs.csv")
    table = StringIO(path.read_text(encoding="utf-8"))
    return tuple(_parse_row(row) for row in csv.DictReader(table))


def is_calibration_pair(pair: PractitionerPair) -> bool:
    """Return whether a pair belongs to the half that error rates are measured on; reports use the other half.

    Depends on the pair of names alone, so that the rows of one pair under several profiles stay together.
    """
    names = "\x1f".join(sorted((pair.left.casefold(), pair.right.casefold())))
    return hashlib.sha256(names.encode("utf-8", "surrogatepass")).digest()[0] < 128


def _parse_row(row: dict[str, str]) -> PractitionerPair:
    accepted = frozenset(Verdict(word) for word in row["accept"].split("|"))
    return PractitionerPair(
        row["group"], row["left"], row["right"], row["profile"], row["kind"], accepted, row["note"]
    )
