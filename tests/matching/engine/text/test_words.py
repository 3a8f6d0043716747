"""How one word stands to another."""

import pytest

from matching.engine.text.word_relation import classify_word_relation, measure_misspelling


@pytest.mark.parametrize(
    ("left", "right", "category"),
    [
        ("blvd", "boulevard", "O15"),
        ("intl", "international", "O15"),
        ("mfg", "manufacturing", "O15"),
        ("partner", "partners", "O28"),
        ("technology", "technologies", "O28"),
        ("ii", "2", "O21"),
        ("ii", "iii", "O20"),
        ("laboratories", "labratories", "O17"),
        ("seok", "seon", "O18"),
        ("kwik", "quick", "O19"),
        ("ромашка", "romashka", "O36"),
        ("中國銀行", "中国银行", "O36"),
        ("三澤", "三沢", "O36"),
    ],
)
def test_two_words_stand_in_a_named_relation_from_both_sides(left: str, right: str, category: str) -> None:
    forward, backward = (
        classify_word_relation(left, right, left, right),
        classify_word_relation(right, left, right, left),
    )
    assert forward is not None
    assert backward is not None
    assert forward.category == backward.category == category
    assert forward.similarity == backward.similarity


@pytest.mark.parametrize(("left", "right"), [("foods", "bakery"), ("acme", "zenith"), ("paris", "london")])
def test_different_words_stand_in_no_relation(left: str, right: str) -> None:
    assert classify_word_relation(left, right, left, right) is None


def test_digraphs_of_machine_readable_documents_are_equal() -> None:
    found = classify_word_relation("muller", "mueller", "Müller", "Mueller")
    assert found is not None
    assert found.category == "O06"


def test_the_shape_of_a_slip_is_described() -> None:
    transposed = measure_misspelling("acme", "amce")
    assert (transposed.edits, transposed.is_transposition, transposed.first_letter_differs) == (
        1,
        True,
        False,
    )
    doubled = measure_misspelling("taloon", "talloon")
    assert (doubled.only_doubling_differs, doubled.only_vowels_differ, doubled.shorter_length) == (
        True,
        False,
        6,
    )
