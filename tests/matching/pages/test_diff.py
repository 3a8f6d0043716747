"""The two names side by side: nothing lost, and marks that say what the engine found."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import EngineError, compare, load_scorer
from matching.pages.diff import BLIND_MARKS, DiffColumn, DiffMark, build_blind_columns, build_columns
from tests.models import compiled

UNSURE = load_scorer(compiled("1", 0.0))
WORDS = re.split(
    r"\s",
    """Acme acme ACME Аcme Holdings Holding of the & and Inc. Inc Incorporated GmbH Ltd. Limited Co., II 2 III
    Smith Smyth John J. Jr. محمد شركة النور 株式会社 トヨタ Café Cafe\u0301 A\u200bB 0il Oil - , d/b/a
    \u202e ¼""",
)
names = st.one_of(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), st.text(max_size=30))


def differences(name1: str, name2: str, profile: str = "general") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = compare(name1, name2, profile, scorer=UNSURE).to_dict()["differences"]
    return found


def aligned(name1: str, name2: str, profile: str = "general") -> tuple[DiffColumn, ...]:
    return build_columns(name1, name2, differences(name1, name2, profile))


def text(column: DiffColumn) -> tuple[str, str]:
    return "".join(part.text for part in column.left).strip(), "".join(
        part.text for part in column.right
    ).strip()


def marked(name1: str, name2: str, profile: str = "general") -> list[tuple[str, str, str]]:
    """Every place that differs: mark, first text, second text."""
    columns = aligned(name1, name2, profile)
    return [(column.mark.value, *text(column)) for column in columns if column.mark is not DiffMark.SAME]


def joined(columns: tuple[DiffColumn, ...]) -> tuple[str, str]:
    first = "".join(part.text for column in columns for part in column.left)
    return first, "".join(part.text for column in columns for part in column.right)


@settings(max_examples=150, deadline=None)
@given(names, names, st.sampled_from(["general", "strict", "sanctions"]))
def test_the_segments_of_each_side_are_that_name_exactly(name1: str, name2: str, profile: str) -> None:
    try:
        found = differences(name1, name2, profile)
    except EngineError:
        found = []
    try:
        drawn = build_columns(name1, name2, found)
    except EngineError:
        return  # the engine reads no such name, so there is nothing to draw
    assert joined(drawn) == (name1, name2)


spans = st.none() | st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted)
claims = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["O01", "O18", "O27", "I03"]),
        "effect": st.sampled_from(["equal", "material"]),
        "span1": spans,
        "span2": spans,
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(claims, max_size=4))
def test_nothing_is_lost_whatever_the_differences_claim(claimed: list[dict[str, Any]]) -> None:
    pair = ("Alpha Beta, Gamma Delta", "Gamma of Alpha Delta Epsilon")
    assert joined(build_columns(*pair, claimed)) == pair


def test_equal_names_hold_no_mark() -> None:
    assert marked("Acme Holdings, Inc.", "Acme Holdings, Inc.") == []


def test_an_abbreviated_form_and_another_case_are_equal_by_rule() -> None:
    assert marked("Acme, Inc.", "ACME Incorporated") == [
        ("equal", "Acme,", "ACME"),
        ("equal", "Inc.", "Incorporated"),
    ]


def test_what_one_profile_treats_as_equal_another_marks() -> None:
    assert marked("Acme, Inc.", "Acme, Incorporated", "strict") == [("substituted", "Inc.", "Incorporated")]


def test_words_on_one_side_only_are_deleted_or_inserted() -> None:
    assert ("inserted", "", "Paving") in marked("Granite Ridge LLC", "Granite Ridge Paving LLC")
    assert ("deleted", "Paving", "") in marked("Granite Ridge Paving LLC", "Granite Ridge LLC")


def test_a_form_of_several_words_stands_against_its_abbreviation() -> None:
    columns = marked("Beispiel Gesellschaft mit beschränkter Haftung", "Beispiel GmbH")
    assert columns == [("equal", "Gesellschaft mit beschränkter Haftung", "GmbH")]


def test_words_at_another_place_are_moved() -> None:
    columns = marked("Smith, John", "John Smith")
    assert {mark for mark, *_ in columns} == {"moved"}
    assert ("moved", "John", "") in columns
    assert ("moved", "", "John") in columns


def test_a_place_the_engine_pairs_is_not_paired_otherwise_by_equal_letters() -> None:
    columns = marked("Northwind Trading Company of Delaware, LLC", "Northwind Tradng Holdings Company LLC")
    assert ("substituted", "Company", "Holdings") in columns


def test_the_letters_that_differ_are_marked_within_a_word() -> None:
    column = next(
        column for column in aligned("Han Seok Ltd", "Han Seon Ltd") if column.mark != DiffMark.SAME
    )
    assert [part.text for part in column.left if part.is_changed] == ["k"]
    assert [part.text for part in column.right if part.is_changed] == ["n"]


def test_punctuation_between_words_is_marked_where_both_words_agree() -> None:
    assert marked("Acme Trading, Ltd.", "Acme Trading Ltd.") == [("equal", "Trading,", "Trading")]
    assert marked("Acme Trading, Ltd.", "Acme Trading Ltd.", "strict")[0][0] == "substituted"


def test_words_written_together_are_the_same_words() -> None:
    assert ("equal", "Clear water", "Clearwater") in marked("Clear water LLC", "Clearwater LLC")


@pytest.mark.parametrize(
    ("name1", "name2", "code"),
    [
        ("Аcme LLC", "Acme LLC", "U+0410 CYRILLIC CAPITAL LETTER A"),
        ("Ac\u200bme LLC", "Acme LLC", "U+200B ZERO WIDTH SPACE"),
        ("Acme\u00a0LLC", "Acme LLC", "U+00A0 NO-BREAK SPACE"),
        ("0il Works LLC", "Oil Works LLC", "U+0030 DIGIT ZERO"),
        ("Cafe\u0301 LLC", "Café LLC", "U+0065 LATIN SMALL LETTER E, U+0301 COMBINING ACUTE ACCENT"),
    ],
)
def test_characters_that_deceive_the_eye_carry_their_code_points(name1: str, name2: str, code: str) -> None:
    codes = [part.code for column in aligned(name1, name2) for part in column.left if part.code]
    assert codes == [code]


def test_honest_names_in_other_scripts_carry_no_code_points() -> None:
    for name in ("شركة النور للتجارة", "株式会社トヨタ", "ООО Ромашка", "Ελληνική Τράπεζα", "गंगा लिमिटेड"):
        columns = aligned(name, name)
        assert [part.code for column in columns for part in (*column.left, *column.right) if part.code] == []


def test_a_name_without_a_word_is_refused() -> None:
    with pytest.raises(EngineError):
        build_columns("!!!", "Acme", [])


def test_letters_and_signs_that_stand_for_each_other_are_equal_by_rule() -> None:
    pair = ("Müller & Söhne GmbH", "Mueller und Soehne GmbH")
    marks = [column.mark for column in build_columns(*pair, compare(*pair).to_dict()["differences"])]
    assert marks == [DiffMark.EQUAL, DiffMark.EQUAL, DiffMark.EQUAL, DiffMark.SAME]


@pytest.mark.parametrize("profile", ["general", "sanctions", "ucc", "strict"])
def test_look_alike_letters_are_different_letters_under_every_profile(profile: str) -> None:
    columns = aligned("Аcme Holdings", "Acme Holdings", profile)
    assert columns[0].mark is DiffMark.SUBSTITUTED
    assert "U+0410 CYRILLIC CAPITAL LETTER A" in [part.code for part in columns[0].left]
    assert "U+0041 LATIN CAPITAL LETTER A" in [part.code for part in columns[0].right]


@pytest.mark.parametrize(
    ("one", "other"), [("Аcme, Inc.", "ACME Inc"), ("Müller AG", "MULLER AG"), ("A-B", "a b")]
)
def test_before_a_decision_no_mark_tells_what_a_rule_says(one: str, other: str) -> None:
    found = differences(one, other)
    columns = build_blind_columns(one, other, found)
    assert {column.mark for column in columns} <= {DiffMark.SAME, *BLIND_MARKS}
    assert not [mark for mark in BLIND_MARKS if "rule" in mark.meaning]
    assert columns == build_blind_columns(one, other, [{**item, "effect": "material"} for item in found])


def test_before_a_decision_look_alike_letters_are_shown_as_different() -> None:
    columns = build_blind_columns("Аcme LLC", "Acme LLC", differences("Аcme LLC", "Acme LLC", "sanctions"))
    assert [column.mark for column in columns] == [DiffMark.SUBSTITUTED, DiffMark.SAME]
