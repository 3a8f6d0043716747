"""Forms that only two names together show."""

import pytest

from matching.engine import Verdict, compare
from matching.engine.organisation.form_pairing import pair_legal_forms
from matching.engine.organisation.parse import ParsedOrganisation, parse_organisation
from matching.engine.text.tokenise import tokenise_name


def both(left: str, right: str) -> tuple[ParsedOrganisation, ParsedOrganisation]:
    return pair_legal_forms(parse_organisation(tokenise_name(left)), parse_organisation(tokenise_name(right)))


SAME_CODE = [
    ("Vantor Sociedad de Garantía Recíproca", "Vantor S.G.R."),
    ("Vantor otwarty fundusz emerytalny", "Vantor OFE"),
    ("Vantor Közkereseti társaság", "Vantor Kkt."),
    ("Vantor onderlinge waarborgmaatschappij", "Vantor O.W.M."),
    ("Vantor Bostadsrättsförening", "Vantor BRF"),
    ("Vantor Private Trust Company", "Vantor PTC"),
    ("AB Vantor", "Vantor AB"),
]


@pytest.mark.parametrize(("left", "right"), SAME_CODE)
def test_two_endings_of_one_code_are_one_form_beside_each_other(left: str, right: str) -> None:
    for one, other in (both(left, right), both(right, left)):
        assert one.stem_keys == other.stem_keys == ("vantor",)
        assert one.forms[0].families == other.forms[0].families
    assert compare(left, right).verdict is Verdict.IMMATERIAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Vantor OFE", "Vantor BRF"),  # two codes
        ("Vantor Business Corporation", "Vantor Inc."),  # one row of a class, no abbreviation of the words
        ("Vantor NV", "Vantor SA"),  # forms that are read without the other name
        ("Vantor otwarty fundusz emerytalny", "Kestrel OFE"),  # other names
        ("Vantor Oil OFE", "Vantor OFE"),
        ("A. B. Smith & Co", "AB Smith and Co"),  # the same letters
        ("Vantor", "Vantor OFE"),
    ],
)
def test_other_names_are_read_as_they_were(left: str, right: str) -> None:
    assert both(left, right) == (
        parse_organisation(tokenise_name(left)),
        parse_organisation(tokenise_name(right)),
    )


def test_the_form_found_in_both_names_is_named_with_its_place() -> None:
    comparison = compare("Vantor Sociedad de Garantía Recíproca", "Vantor SGR")
    found = next(item for item in comparison.differences if item.category in ("O08", "O09"))
    assert (found.text1, found.text2) == ("Sociedad de Garantía Recíproca", "SGR")


@pytest.mark.parametrize(
    ("form", "word"), [("Ltd", "Ldt"), ("Inc", "lnc"), ("LLC", "LLCC"), ("GmbH", "GmbHH"), ("Corp", "Coorp")]
)
def test_a_slip_of_the_form_is_a_misspelt_form_that_a_person_sees(form: str, word: str) -> None:
    for profile in ("general", "kyc", "lc", "contract", "sanctions"):
        answer = compare(f"Vantor {form}", f"Vantor {word}", profile)
        assert answer.differences[0].title == "Legal form misspelt"
        assert answer.verdict is Verdict.REVIEW
    assert compare(f"Vantor {form}", f"Vantor {word}", "registry-gb").verdict is Verdict.MATERIAL


@pytest.mark.parametrize(
    ("form", "word"),
    [("Inc", "Ink"), ("Inc", "Ins"), ("LLC", "ULC"), ("LLC", "LLP"), ("SA", "SB"), ("Corp", "Core")],
)
def test_a_word_with_a_meaning_is_no_misspelt_form(form: str, word: str) -> None:
    assert compare(f"Vantor {form}", f"Vantor {word}").verdict is Verdict.MATERIAL


@pytest.mark.parametrize(
    ("form", "word"), [("Corporation", "Corpration"), ("Limited", "Limted"), ("Incorporated", "Incorprated")]
)
def test_a_mistyped_designator_is_the_form_that_it_is_read_as(form: str, word: str) -> None:
    assert compare(f"Vantor {form}", f"Vantor {word}").verdict is Verdict.IMMATERIAL


def test_a_misspelt_form_hides_no_other_name() -> None:
    assert compare("Vantor Ltd", "Kestrel Ldt").verdict is Verdict.MATERIAL
