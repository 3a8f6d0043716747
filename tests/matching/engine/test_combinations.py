"""Two differences at once, of every two kinds that do not touch the same words: both are found, neither hides
the other, and by the rules two are never less grave than one."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import pytest

from matching.engine import Kind, Verdict, compare

_GRAVITY = [Verdict.IMMATERIAL, Verdict.REVIEW, Verdict.MATERIAL]


class Edit(NamedTuple):
    """A change of one category: what is replaced, by what (at the end when nothing is), and where it is."""

    category: str
    old: str
    new: str
    places: str

    def apply(self, name: str) -> str:
        """The name with the change."""
        return name.replace(self.old, self.new, 1) if self.old else name + self.new


COMPANY = "The Zentrix & Harbour Manufacturing Fund II, Inc."
COMPANY_EDITS = [
    Edit("O01", "Harbour", "HARBOUR", "h"),
    Edit("O02", "Fund", "Fu nd", "f"),
    Edit("O03", ",", "", "2,i"),
    Edit("O04", "&", "and", "&"),
    Edit("O05", "& ", "", "z&h"),
    Edit("O06", "Zentrix", "Zéntrix", "z"),
    Edit("O07", "The ", "", "t"),
    Edit("O08", "Inc.", "Incorporated", "i"),
    Edit("O10", "Inc.", "LLC", "i"),
    Edit("O11", ", Inc.", "", ",i"),
    Edit("O15", "Manufacturing", "Mfg", "m"),
    Edit("O17", "Manufacturing", "Manufactruing", "m"),
    Edit("O18", "Zentrix", "Zemtrix", "z"),
    Edit("O20", "II", "III", "2"),
    Edit("O21", "II", "2", "2"),
    Edit("O22", " Fund", " Texas Fund", "mf"),
    Edit("O23", "", " (Delaware)", "i$"),
    Edit("O24", " Fund", " Holdings Fund", "mf"),
    Edit("O25", "Zentrix", "Zentrix Cobalt", "z&"),
    Edit("O26", "Harbour", "Meadow", "h"),
    Edit("O27", "Manufacturing Fund", "Fund Manufacturing", "mf"),
    Edit("O28", "Fund", "Funds", "f"),
    Edit("O29", "", " d/b/a Quillfish", "$"),
    Edit("O31", "", " f/k/a Quillfish Inc.", "$"),
    Edit("O35", "", ", as Trustee of the Quillfish Trust", "$"),
    Edit("O37", "Zentrix", "Zentrix.com", "z&"),
    Edit("O39", "Manufacturing", "M\u0430nufacturing", "m"),
    Edit("O40", "", " c/o Quillfish", "$"),
]

PERSON = "Dr. Johann Karl von Zentler Jr."
PERSON_EDITS = [
    Edit("I02", "Zentler", "Zéntler", "s"),
    Edit("I04", "Johann", "J.", "g"),
    Edit("I05", "Karl ", "", "m"),
    Edit("I06", "Karl", "K.", "m"),
    Edit("I07", "Karl", "Peter", "m"),
    Edit("I08", "Johann", "Hans", "g"),
    Edit("I10", "Zentler", "Zemtler", "s"),
    Edit("I11", "Johann", "Friedrich", "g"),
    Edit("I12", "Jr.", "III", "x"),
    Edit("I13", " Jr.", "", "x"),
    Edit("I14", "Dr. ", "", "t"),
    Edit("I15", "Zentler", "Quillmann", "s"),
    Edit("I16", "Zentler", "Zentler-Brandt", "s"),
    Edit("I18", "von ", "", "p"),
    Edit("I22", "", " a/k/a Max Quill", "$"),
    Edit("I23", "", ", as Trustee", "$"),
    Edit("I24", "", " and Maria Quill", "$"),
]

SINGLE = [(COMPANY, edit) for edit in COMPANY_EDITS] + [(PERSON, edit) for edit in PERSON_EDITS]
DOUBLE = [
    (base, one, other)
    for base, edits in ((COMPANY, COMPANY_EDITS), (PERSON, PERSON_EDITS))
    for one, other in combinations(edits, 2)
    if not set(one.places) & set(other.places)
]


def _categories(left: str, right: str) -> set[str]:
    return {item.category for item in compare(left, right).differences}


def test_one_difference_is_named_and_nothing_else_is(subtests: pytest.Subtests) -> None:
    for base, edit in SINGLE:
        with subtests.test(edit.category):
            assert _categories(base, edit.apply(base)) == {edit.category}


def test_of_two_differences_both_are_named_in_both_directions(subtests: pytest.Subtests) -> None:
    for base, one, other in DOUBLE:
        with subtests.test(f"{one.category} {other.category}"):
            check_two_differences(base, one, other)


def check_two_differences(base: str, one: Edit, other: Edit) -> None:
    changed = other.apply(one.apply(base))
    found, back = compare(base, changed), compare(changed, base)
    assert {item.category for item in found.differences} == {one.category, other.category}
    assert found.kind is (Kind.ORGANISATION if base == COMPANY else Kind.INDIVIDUAL)
    assert back.verdict is found.verdict
    assert {(item.category, item.span2, item.span1) for item in back.differences} == {
        (item.category, item.span1, item.span2) for item in found.differences
    }
    alone = [compare(base, edit.apply(base)).verdict for edit in (one, other)]
    assert found.decided_by == "model" or _GRAVITY.index(found.verdict) >= max(map(_GRAVITY.index, alone))
