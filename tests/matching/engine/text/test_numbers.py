"""Numbers have one value in every notation."""

import pytest

from matching.engine.text.numbers import parse_number, to_roman


@pytest.mark.parametrize(
    ("key", "expected"), [("ii", "2"), ("two", "2"), ("second", "2"), ("2", "2"), ("xiv", "14"), ("三", "3")]
)
def test_a_number_has_one_value_in_every_notation(key: str, expected: str) -> None:
    assert parse_number(key) == expected


def test_a_single_letter_opening_a_name_is_a_letter() -> None:
    assert parse_number("v", first=True) is None
    assert parse_number("v") == "5"


def test_words_are_no_numbers() -> None:
    assert parse_number("acme") is None


def test_roman_numerals_are_written_as_the_romans_did() -> None:
    assert (parse_number("l", first=False), parse_number("xlix")) == ("50", "49")
    assert [to_roman(number) for number in (4, 9, 14, 40, 49)] == ["iv", "ix", "xiv", "xl", "xlix"]
