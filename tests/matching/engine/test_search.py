"""The search of a filing office: what decides it, what each difference does, and what the answer says."""

import pytest

from matching.engine import Context, Verdict, compare
from matching.engine.results import Comparison

TEXAS = Context(jurisdiction_left="US-TX", jurisdiction_right="US-TX")
CAROLINA = Context(jurisdiction_left="US-NC", jurisdiction_right="US-NC")
MASSACHUSETTS = Context(jurisdiction_left="US-MA", jurisdiction_right="US-MA")
FLORIDA = Context(jurisdiction_left="US-FL", jurisdiction_right="US-FL")


def list_effects(found: Comparison) -> dict[str, str]:
    return {item.category.value: item.effect.value for item in found.differences}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Estate of Nora Quill", "Nora Quill"),
        ("Nora Quill, as Trustee of the Quill Family Trust", "Nora Quill"),
        ("Nora Quill, Executor", "Nora Quill"),
        ("Nora and Peter Quill", "Nora Quill"),
        ("Nora Quill & Peter Quill", "Nora Quill"),
        ("Nora Quill a/k/a Norah Quiller", "Nora Quill"),
        ("Nora Quill née Bannon", "Nora Quill"),
        ('Eleanor "Nora" Quill', "Eleanor Quill"),
    ],
)
def test_words_beside_the_name_are_text_in_the_field(left: str, right: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = compare(one, other, "ucc", "individual")
        assert found.verdict is Verdict.MATERIAL
        assert "material" in list_effects(found).values()
        assert "equal under" not in found.reason
        assert "other words in the name" in found.reason


def test_one_alias_written_in_two_ways_is_one_text() -> None:
    found = compare("Nora Quill a/k/a Norah Quiller", "Nora Quill AKA Norah Quiller", "ucc")
    assert found.verdict is Verdict.IMMATERIAL


@pytest.mark.parametrize(
    ("left", "right", "step"),
    [
        ("QUILL MILLS LLC", "Quill Mills LLC", "case ignored"),
        ("Quill Mills, Inc.", "Quill Mills Inc", "punctuation and accents deleted"),
        ("Quill-Mills LLC", "Quill Mills LLC", "punctuation and accents deleted"),
        ("Société Quill SA", "Societe Quill SA", "punctuation and accents deleted"),
        ("Quill Mills Incorporated", "Quill Mills, Inc.", "ending noise words disregarded"),
        ("The Quill Company", "Quill Company", "leading THE disregarded"),
        ("Nora A. Quill", "Nora Anne Quill", "middle names"),
        ("Nora Quill", "Nora Anne Quill", "middle names"),
        ("N. Quill", "Nora Quill", "first given name"),
        ("Mary-Ann Quill", "Maryann Quill", "spaces deleted"),
    ],
)
def test_the_answer_names_the_step_that_made_the_names_equal(left: str, right: str, step: str) -> None:
    found = compare(left, right, "ucc")
    assert found.verdict is Verdict.IMMATERIAL
    assert f"after the step “{step}" in found.reason or f"{step}”" in found.reason
    assert set(list_effects(found).values()) <= {"equal"}
    assert any("certified search" in note for note in found.notes)


@pytest.mark.parametrize(
    ("left", "right", "remains"),
    [
        ("Quill Mills LLC", "Quill Mill LLC", "“QUILLMILLS” and “QUILLMILL”"),
        ("LLC Quill Mills", "Quill Mills LLC", "“LLCQUILLMILLS” and “QUILLMILLS”"),
        ("Quill Mills GmbH", "Quill Mills", "“QUILLMILLSGMBH” and “QUILLMILLS”"),
        ("Quill Co., Inc.", "Quill Co.", "“QUILLCO” and “QUILL”"),
        ("Nora Quill", "Norah Quill", "“NORA” and “NORAH”"),
        ("Nora Quill Jr", "Nora Quill Sr", "“JR” and “SR”"),
        ("Abdul Rauf Quill", "Abdur Rauf Quill", "“ABDULRAUF” and “ABDURRAUF”"),
    ],
)
def test_the_answer_names_what_remains_of_unequal_names(left: str, right: str, remains: str) -> None:
    found = compare(left, right, "ucc")
    assert found.verdict is Verdict.MATERIAL
    assert remains in found.reason
    assert "material" in list_effects(found).values()


def test_differences_that_a_step_sets_aside_are_equal_beside_one_that_remains() -> None:
    effects = list_effects(compare("The Smith & Quill Mills, Inc.", "smith and Quill Mines Inc", "ucc"))
    assert (effects["O04"], effects["O07"], effects["O01"]) == ("equal", "equal", "equal")
    assert sorted(effects.values()).count("material") == 1


def test_where_known_offices_disagree_the_office_decides() -> None:
    pair = ("Smith & Sons Inc", "Smith and Sons Inc")
    alone = compare(*pair, "ucc")
    assert alone.verdict is Verdict.REVIEW
    assert "18 N.C. Admin. Code 05B .0503" in alone.reason
    assert list_effects(alone) == {"O04": "review"}
    assert compare(*pair, "ucc", context=TEXAS).verdict is Verdict.IMMATERIAL
    assert compare(*pair, "ucc", context=CAROLINA).verdict is Verdict.MATERIAL
    assert compare("E-Trade LLC", "ETrade LLC", "ucc").verdict is Verdict.REVIEW
    assert compare("E-Trade LLC", "ETrade LLC", "ucc", context=TEXAS).verdict is Verdict.IMMATERIAL


def test_endings_that_the_logic_disregards_can_be_other_debtors() -> None:
    found = compare("Quill Mills LLC", "Quill Mills, Inc.", "ucc", context=TEXAS)
    assert found.verdict is Verdict.REVIEW
    assert list_effects(found)["O10"] == "review"
    assert "another debtor" in found.reason
    assert "public organic record" in (found.missing_fact or "")
    assert compare("Quill Bank", "Quill", "ucc").verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        ("Dr. Nora Quill", "Nora Quill", "the title was not entered in a name field"),
        ("Nora Quill Jr.", "Nora Quill", "the office disregards a suffix"),
        ("O'Brien, Sean", "OBRIEN SEAN", "the name without a comma begins with the surname"),
    ],
)
def test_equality_that_rests_on_a_condition_says_so(left: str, right: str, condition: str) -> None:
    found = compare(left, right, "ucc")
    assert found.verdict is Verdict.REVIEW
    assert f"equal under the model logic only if {condition}" in found.reason


def test_massachusetts_disregards_suffixes_and_florida_nothing() -> None:
    assert (
        compare("Nora Quill Jr", "Nora Quill Sr", "ucc", context=MASSACHUSETTS).verdict
        is not Verdict.MATERIAL
    )
    florida = compare("Quill Mills, Inc.", "Quill Mills Inc", "ucc", context=FLORIDA)
    assert florida.verdict is Verdict.MATERIAL
    assert "material" in list_effects(florida).values()


def test_identical_names_are_said_to_be_identical() -> None:
    assert "they are identical" in compare("Quill Mills LLC", "Quill Mills LLC", "ucc").reason
