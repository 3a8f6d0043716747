"""Two words of a name are judged by what may have made them differ."""

from __future__ import annotations

import pytest

from matching.engine.person_likeness import (
    ARTICLE,
    EQUAL,
    ICAO,
    INITIAL,
    NICKNAME,
    OTHER,
    PREFIX,
    SCRIPT,
    SLIP,
    SPELLING,
    TRANSLITERATION,
    VOWELS,
    likeness,
)
from matching.engine.sounds import consonants, roman_key, slip, sound


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        ("smith", "smith", EQUAL),
        ("mueller", "muller", ICAO),
        ("muxxller", "muller", ICAO),
        ("j", "john", INITIAL),
        ("j", "mary", OTHER),
        ("bill", "william", NICKNAME),
        ("sasha", "alexander", NICKNAME),
        ("stephen", "steven", SPELLING),
        ("muhammad", "mohamed", TRANSLITERATION),
        ("sergey", "serguei", TRANSLITERATION),
        ("zhou", "chow", TRANSLITERATION),
        ("alotaibi", "otaibi", ARTICLE),
        ("salah", "salahdin", PREFIX),
        ("georfe", "george", SLIP),
        ("moore", "more", VOWELS),
        ("maria", "marta", OTHER),
        ("иван", "ivan", SCRIPT),
        ("brown", "okafor", OTHER),
    ],
)
def test_the_relation_of_two_words_is_named_alike_from_both_sides(
    left: str, right: str, relation: str
) -> None:
    assert likeness(left, right).relation == relation
    assert likeness(left, right) == likeness(right, left)


def test_two_known_names_one_letter_apart_are_less_alike_than_a_name_and_its_typo() -> None:
    assert likeness("maria", "marta").score < 0.6 < likeness("maria", "maeia").score


def test_a_slip_to_a_neighbouring_key_is_likelier_than_to_a_far_one() -> None:
    assert likeness("holden", "hplden").score > likeness("holden", "hzlden").score


@pytest.mark.parametrize(("pair", "degree"), [("as", 1.0), ("il", 0.7), ("qz", 0.0)])
def test_slips_know_the_keyboard_and_the_print(pair: str, degree: float) -> None:
    assert slip(pair[0], pair[1]) == degree


def test_romanisations_of_one_name_share_a_key() -> None:
    assert roman_key("tokhtakhunov") == roman_key("tokhtakhounov")
    assert roman_key("abdulrahman") == roman_key("abdelrahman")
    assert roman_key("ivanov") != roman_key("petrov")


def test_names_that_sound_alike_share_a_sound() -> None:
    assert sound("macleod") == sound("mcleod")
    assert sound("smith") == sound("smyth")
    assert sound("smith") != sound("jones")


def test_the_consonant_skeleton_ignores_vowels() -> None:
    assert consonants("qabalan") == consonants("qablan")
    assert consonants("saleh") == consonants("salih")
