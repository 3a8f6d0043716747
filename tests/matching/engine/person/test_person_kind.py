"""How much a name looks like a person's."""

from __future__ import annotations

import pytest

from matching.engine.person.kind import estimate_person_probability
from matching.engine.text.tokenise import tokenise_name


@pytest.mark.parametrize(
    "name",
    [
        "John Smith",
        "MORA RICARDO, Daniel Alberto",
        "Dr. Jane Roe, MD",
        "Ivan Petrovich Sidorov",
        "Ludwig van Beethoven",
        "Mohammed Al-Rashid",
        "John and Mary Smith",
        "Sean O'Brien Jr.",
        "Yusuf Yilmaz",
    ],
)
def test_people_look_like_people(name: str) -> None:
    assert estimate_person_probability(tokenise_name(name)) > 0.6


@pytest.mark.parametrize(
    "name",
    [
        "Acme Holdings LLC",
        "Bank of the West",
        "Smith & Sons Ltd",
        "Fund 2004-1",
        "Clearwater Solutions, Inc.",
        "Universal Widget Makers Corporation",
        "John Smith Plumbing Services",
        "3M Company",
    ],
)
def test_organisations_do_not(name: str) -> None:
    assert estimate_person_probability(tokenise_name(name)) < 0.4
