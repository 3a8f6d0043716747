"""Two words of a name are judged by what may have made them differ."""

from __future__ import annotations

from itertools import product

import pytest

from matching.engine.person.lexicon import load_name_lists
from matching.engine.person.similarity import (
    ARTICLE,
    EQUAL,
    ICAO,
    INITIAL,
    MIN_TYPO_SCORE,
    NICKNAME,
    PREFIX,
    SCRIPT,
    SPELLING,
    TRANSLITERATION,
    TYPO,
    UNRELATED,
    VOWELS,
    are_clearly_different,
    compare_words,
)
from matching.engine.text.phonetics import (
    build_consonant_key,
    build_phonetic_key,
    normalise_romanisation,
    score_letter_substitution,
)


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        ("smith", "smith", EQUAL),
        ("mueller", "muller", ICAO),
        ("muxxller", "muller", ICAO),
        ("j", "john", INITIAL),
        ("j", "mary", UNRELATED),
        ("bill", "william", NICKNAME),
        ("sasha", "alexander", NICKNAME),
        ("stephen", "steven", SPELLING),
        ("muhammad", "mohamed", TRANSLITERATION),
        ("sergey", "serguei", TRANSLITERATION),
        ("zhou", "chow", TRANSLITERATION),
        ("alotaibi", "otaibi", ARTICLE),
        ("salah", "salahdin", PREFIX),
        ("georfe", "george", TYPO),
        ("moore", "more", VOWELS),
        ("maria", "marta", UNRELATED),
        ("иван", "ivan", SCRIPT),
        ("brown", "okafor", UNRELATED),
    ],
)
def test_the_relation_of_two_words_is_named_alike_from_both_sides(
    left: str, right: str, relation: str
) -> None:
    assert compare_words(left, right).relation == relation
    assert compare_words(left, right) == compare_words(right, left)


def test_words_that_a_cheap_test_tells_apart_are_told_apart_by_the_whole_one() -> None:
    lists = load_name_lists()
    words = [*sorted(lists.given)[::300], *sorted(lists.surnames)[::60], "abdulrahim", "abdulrashid", "j"]
    apart = [pair for pair in product(words, words) if are_clearly_different(*pair)]
    assert len(words) ** 2 > len(apart) > len(words) ** 2 / 2
    assert [pair for pair in apart if compare_words(*pair).score >= MIN_TYPO_SCORE] == []
    assert {(two, one) for one, two in apart} == set(apart)


def test_names_in_two_scripts_agree_less_surely_than_in_one_and_short_forms_less_when_both_are_given() -> (
    None
):
    assert compare_words("иван", "ivan").score == pytest.approx(0.9)
    assert compare_words("quillan", "quillandro").score == 0.62
    assert compare_words("salah", "salahdin").score == 0.62


def test_two_known_names_one_letter_apart_are_less_alike_than_a_name_and_its_typo() -> None:
    assert compare_words("maria", "marta").score < 0.6 < compare_words("maria", "maeia").score


def test_a_slip_to_a_neighbouring_key_is_likelier_than_to_a_far_one() -> None:
    assert compare_words("holden", "hplden").score > compare_words("holden", "hzlden").score


@pytest.mark.parametrize(("pair", "degree"), [("as", 1.0), ("il", 0.7), ("qz", 0.0)])
def test_slips_know_the_keyboard_and_the_print(pair: str, degree: float) -> None:
    assert score_letter_substitution(pair[0], pair[1]) == degree


def test_romanisations_of_one_name_share_a_key() -> None:
    assert normalise_romanisation("tokhtakhunov") == normalise_romanisation("tokhtakhounov")
    assert normalise_romanisation("abdulrahman") == normalise_romanisation("abdelrahman")
    assert normalise_romanisation("ivanov") != normalise_romanisation("petrov")


def test_names_that_sound_alike_share_a_sound() -> None:
    assert build_phonetic_key("macleod") == build_phonetic_key("mcleod")
    assert build_phonetic_key("smith") == build_phonetic_key("smyth")
    assert build_phonetic_key("smith") != build_phonetic_key("jones")


def test_the_consonant_skeleton_ignores_vowels() -> None:
    assert build_consonant_key("qabalan") == build_consonant_key("qablan")
    assert build_consonant_key("saleh") == build_consonant_key("salih")
