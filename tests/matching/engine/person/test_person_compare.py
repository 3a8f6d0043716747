"""Two personal names compared: alignment across orders, combinations of differences, features."""

from __future__ import annotations

import pytest

from matching.engine.person.compare import (
    PERSON_FEATURE_MEANINGS,
    PERSON_FEATURES,
    PERSON_MONOTONE,
    PersonComparison,
    compare_people,
)
from matching.engine.person.parse import parse_person
from matching.engine.person.types import CONTRADICTED, DISTINCT_NAMES, GENDER
from matching.engine.text.tokenise import tokenise_name


def _compare(left: str, right: str) -> PersonComparison:
    return compare_people(parse_person(tokenise_name(left)), parse_person(tokenise_name(right)))


def _feature(left: str, right: str, name: str) -> float:
    return _compare(left, right).features[f"person_{name}"]


def test_equal_names_have_no_differences() -> None:
    same = _compare("John A. Smith Jr.", "John A. Smith Jr.")
    assert same.findings == ()
    assert same.features["person_contradictions"] == 0
    assert same.features["person_weakest"] == 1.0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("SARRIA DIAZ, Rafael", "Rafael Sarria Diaz"),
        ("dorothy, pakington", "Dorothy Pakington"),
        ("RAMON MAGANA, Alcides", "ALCIDES MAGANA, Ramon"),
        ("Zedong Mao", "Mao Zedong"),
        ("KHAN, Nasir Ali", "Ali Nasir Khan"),
        ("SAFARI, Amirhossein", "SAFARI, Amir Hossein"),
        ("AL-SHAMI, Abdul Qader", "AL-SHAMI, Abdulqader"),
    ],
)
def test_the_same_words_in_another_order_or_spacing_do_not_contradict(left: str, right: str) -> None:
    features = _compare(left, right).features
    assert features["person_contradictions"] == 0
    assert features["person_lone"] == 0


def test_a_contradicted_middle_name_is_told_from_an_absent_one() -> None:
    assert _feature("John Allen Smith", "John Brian Smith", "middle_contradicts") == 1
    assert _feature("John Allen Smith", "John Smith", "middle_contradicts") == 0
    assert _feature("John Allen Smith", "John Smith", "middle_absent") == 1


def test_a_contradicted_patronymic_is_named_as_a_conflict() -> None:
    found = _compare("Ivan Petrovich Sidorov", "Ivan Nikolaevich Sidorov").findings
    assert {(finding.category, finding.detail) for finding in found} == {
        ("I19", CONTRADICTED),
        ("I07", CONTRADICTED),
    }


def test_two_differences_are_both_named_where_they_stand() -> None:
    left, right = "Dr. Bill Harker", "HARKER, William T., Jr."
    places: dict[str, tuple[str, str]] = {
        finding.category: (
            left[slice(*finding.span1)] if finding.span1 else "",
            right[slice(*finding.span2)] if finding.span2 else "",
        )
        for finding in _compare(left, right).findings
    }
    assert places["I08"] == ("Bill", "William")
    assert places["I05"] == ("", "T")
    assert places["I13"] == ("", "Jr")
    assert places["I14"] == ("Dr", "")
    assert "I03" in places


@pytest.mark.parametrize(
    ("left", "right", "category"),
    [
        ("SMITH, John", "John Smith Jr.", "I13"),
        ("Mohammed Al-Rashid", "RASHEED, Muhamad", "I20"),
        ("Anna Maria Weber", "WEBER-KLEIN, Anna", "I16"),
        ("J. Smith as Trustee of the Oak Trust", "John Smith", "I04"),
    ],
)
def test_order_does_not_hide_another_difference(left: str, right: str, category: str) -> None:
    assert category in {finding.category for finding in _compare(left, right).findings}


def test_different_people_contradict_in_every_role() -> None:
    row = _compare("Maria Lopez", "Daniel Okafor").features
    assert (row["person_surname_contradicts"], row["person_given_contradicts"]) == (1, 1)


def test_titles_of_different_sex_are_a_conflict() -> None:
    assert _feature("Mr J. Smith", "Mrs J. Smith", "sex_conflict") == 1
    assert _feature("Mr J. Smith", "Dr J. Smith", "sex_conflict") == 0


def test_every_feature_has_a_direction_and_a_meaning() -> None:
    assert tuple(PERSON_MONOTONE) == tuple(PERSON_FEATURE_MEANINGS) == PERSON_FEATURES
    assert set(PERSON_MONOTONE.values()) <= {-1, 0, 1}
    assert len(set(PERSON_FEATURES)) == len(PERSON_FEATURES)


def test_transliteration_needs_a_sign_of_another_script_when_one_vowel_differs() -> None:
    assert {f.category for f in _compare("Miguel Serrano", "Miguel Serreno").findings} == {"I10"}
    assert {f.category for f in _compare("AL-ASSI, Saleh", "AL-ASSI, Salih").findings} == {"I20"}


def test_gain_of_a_trade_name_is_not_taken_for_a_person() -> None:
    assert _feature("Oscar Fenn", "Fenn Tyre Co.", "trade") == 1


def test_a_nickname_in_quotation_marks_explains_the_other_given_name() -> None:
    row = _compare('Henry C. "Hank" Johnson, Jr.', "Hank Johnson").features
    assert row["person_given_contradicts"] == 0
    assert row["person_nicknames"] == 1


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (("Bill Harker", "William Harker"), ("Bill Harker", "Daniel Harker")),
        (("John Smith", "John Allen Smith"), ("John Brian Smith", "John Allen Smith")),
        (("John Smith", "John Smith Jr."), ("John Smith Sr.", "John Smith Jr.")),
        (("Alice Moore", "Alice More"), ("Alice Moore", "Alice Morgan")),
        (("Ivan Sidorov", "Ivan Petrovich Sidorov"), ("Ivan Olegovich Sidorov", "Ivan Petrovich Sidorov")),
    ],
)
def test_strain_grows_with_the_difference(nearer: tuple[str, str], farther: tuple[str, str]) -> None:
    assert 0 < _feature(*nearer, "strain") < _feature(*farther, "strain")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ivan Petrovich Sidorov", "Ivan Pavlovich Sidorov"),
        ("Aleksandr Nikolaevich Orlov", "Aleksandr Mikhailovich Orlov"),
        ("Dmitry Alekseevich Volkov", "Dmitry Aleksandrovich Volkov"),
    ],
)
def test_patronymics_that_share_an_ending_still_name_two_fathers(left: str, right: str) -> None:
    assert "I19" in {finding.category for finding in _compare(left, right).findings}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Anna Sergeevna Ivanova", "Anna Sergeyevna Ivanova"),
        ("Aleksandr Nikolaevich Orlov", "Aleksandr Nikolayevich Orlov"),
    ],
)
def test_spellings_of_one_patronymic_do_not_contradict(left: str, right: str) -> None:
    assert _feature(left, right, "middle_contradicts") == 0


def _cases(left: str, right: str) -> set[tuple[str, str]]:
    return {(finding.category, finding.detail) for finding in _compare(left, right).findings}


@pytest.mark.parametrize(
    ("left", "right", "case"),
    [
        ("Anil Rao", "Anil Rai", ("I10", DISTINCT_NAMES)),
        ("Ravi Patel", "Raji Patel", ("I09", DISTINCT_NAMES)),
        ("Mina Chan", "Mina Chen", ("I20", DISTINCT_NAMES)),
        ("Mr John Smith", "Mrs John Smith", ("I14", GENDER)),
        ("Dr John Smith", "Mrs John Smith", ("I14", GENDER)),
        ("Mr John Smith", "Sir John Smith", ("I14", "")),
    ],
)
def test_small_signs_of_another_person_are_told_from_slips(
    left: str, right: str, case: tuple[str, str]
) -> None:
    assert case in _cases(left, right)
    assert case in _cases(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("John Smith & Mary Jones", "Mary Jones & John Smith"),
        ("John and Mary Smith", "Mary and John Smith"),
    ],
)
def test_two_people_named_the_other_way_round_are_the_same_two(left: str, right: str) -> None:
    assert {category for category, _ in _cases(left, right)} == {"I03"}


def test_two_people_who_exchange_surnames_are_others() -> None:
    assert {category for category, _ in _cases("John Smith & Mary Jones", "John Jones & Mary Smith")} - {
        "I03"
    }


def test_titles_of_two_sexes_are_explained_as_such() -> None:
    assert "a man" in _compare("Mr John Smith", "Mrs John Smith").findings[0].note
