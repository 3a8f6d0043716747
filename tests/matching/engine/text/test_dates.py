"""Dates in names of trusts: one day, however it is written."""

import pytest

from matching.engine import compare

TRUST = "Vantor Family Trust dated "


def judged(left: str, right: str, profile: str = "general") -> tuple[str, list[tuple[str, str, str]]]:
    """The verdict, and the differences but those of punctuation: category and both texts."""
    found = compare(left, right, profile)
    shown = [
        (item.category.value, item.text1, item.text2) for item in found.differences if item.category != "O03"
    ]
    return found.verdict.value, shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("January 15, 2001", "01/15/2001"),
        ("January 15, 2001", "15/01/2001"),
        ("January 15, 2001", "15 January 2001"),
        ("January 15, 2001", "Jan. 15, 2001"),
        ("January 15, 2001", "15th day of January, 2001"),
        ("January 15, 2001", "2001-01-15"),
        ("January 1, 2001", "1/1/2001"),
        ("March 15, 1998", "3/15/98"),
        ("2 January 2001", "2.1.2001"),
        ("2001-01-02", "January 2nd, 2001"),
    ],
)
def test_one_day_written_in_two_ways_is_one_name(one: str, other: str) -> None:
    assert judged(TRUST + one, TRUST + other) == ("immaterial", [("O21", one, other)])
    assert judged(TRUST + other, TRUST + one) == ("immaterial", [("O21", other, one)])
    assert judged(TRUST + one, TRUST + other, "ucc")[0] == "material"  # the search logic knows no dates


def test_a_day_that_may_be_another_goes_to_a_person_who_is_told_both() -> None:
    found = compare(TRUST + "January 2, 2001", TRUST + "1/2/2001")
    assert found.verdict == "review"
    [date] = [item for item in found.differences if item.category == "O21"]
    assert "2 January or 1 February" in date.explanation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("January 15, 2001", "01/15/2002"),
        ("January 15, 2001", "01/16/2001"),
        ("January 15, 2001", "February 15, 2001"),
        ("March 15, 1998", "3/15/99"),
        ("1/2/2001", "1/3/2001"),
        ("January 40, 2001", "1/1/2001"),
        ("13/13/2001", "January 13, 2001"),
    ],
)
def test_another_day_is_another_trust(one: str, other: str) -> None:
    verdict, shown = judged(TRUST + one, TRUST + other)
    assert verdict == "material"
    assert "O21" not in {category for category, *_ in shown}


def test_the_same_digits_say_nothing_but_their_punctuation() -> None:
    assert judged(TRUST + "01/02/2001", TRUST + "1-2-2001") == ("immaterial", [])


def test_a_name_that_is_nothing_but_a_date_and_one_with_two_are_compared_by_words() -> None:
    assert "O21" not in {row[0] for row in judged("May 1 2001 LLC", "1 May 2001 LLC")[1]}
    two = "Vantor Trust of May 1, 2001 and June 2, 2002"
    assert judged(two, "Vantor Trust of 5/1/2001 and 6/2/2002")[0] != "immaterial"


def test_dtd_is_dated() -> None:
    assert judged("Vantor Trust dtd 1/1/2001", "Vantor Trust dated 1/1/2001")[0] == "immaterial"
