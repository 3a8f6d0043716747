from collections import Counter
from itertools import islice

import pytest

from matching.engine.profiles import load_categories
from matching.training.synthetic import DEFAULT_SIZE, LabelledPair, generate_pairs, list_recipes


@pytest.fixture(scope="module")
def corpus() -> list[LabelledPair]:
    return list(generate_pairs(seed=3, size=6_000))


def test_the_same_seed_makes_the_same_pairs() -> None:
    assert list(generate_pairs(seed=5, size=400)) == list(generate_pairs(seed=5, size=400))


def test_another_seed_makes_other_pairs() -> None:
    assert list(generate_pairs(seed=5, size=400)) != list(generate_pairs(seed=6, size=400))


def test_a_full_corpus_has_the_promised_numbers_of_legal_form_pairs() -> None:
    shares = Counter[str]()
    for recipe in list_recipes():
        for category in recipe.category.split("+"):
            shares[category] += recipe.pair_count
    assert shares["O08"] >= 40_000
    assert shares["O10"] + shares["O13"] >= 30_000


def test_the_size_asked_for_is_the_size_made(corpus: list[LabelledPair]) -> None:
    assert len(corpus) == pytest.approx(6_000, rel=0.02)
    assert DEFAULT_SIZE > 150_000


def test_every_category_named_is_one_of_the_taxonomy(corpus: list[LabelledPair]) -> None:
    named = {part for pair in corpus for part in pair.category.split("+")}
    assert named <= set(load_categories())
    assert len(named) >= 60


def test_no_pair_holds_the_same_text_twice_or_an_empty_name(corpus: list[LabelledPair]) -> None:
    same = [pair for pair in corpus if pair.left == pair.right and pair.material]
    assert same == []
    assert all(pair.left.strip() and pair.right.strip() for pair in corpus)


def test_labels_lean_neither_way_too_far(corpus: list[LabelledPair]) -> None:
    share = sum(pair.material for pair in corpus) / len(corpus)
    assert 0.35 < share < 0.65


def test_many_scripts_are_written(corpus: list[LabelledPair]) -> None:
    text = "".join(pair.left + pair.right for pair in corpus)
    for first, last in (
        ("а", "я"),
        ("α", "ω"),
        ("ا", "ي"),
        ("א", "ת"),
        ("ア", "ン"),
        ("가", "힣"),
        ("一", "龥"),
        ("क", "ह"),
    ):
        assert any(first <= char <= last for char in text)


def test_a_changed_legal_form_is_material_and_a_respelt_one_is_not(corpus: list[LabelledPair]) -> None:
    changed = {pair.material for pair in corpus if pair.category.startswith("O10")}
    respelt = {pair.material for pair in corpus if pair.category == "O08"}
    assert (changed, respelt) == ({True}, {False})


def test_pairs_from_one_name_share_their_entity(corpus: list[LabelledPair]) -> None:
    assert all(pair.entity.startswith("made:") and pair.weight > 0 for pair in corpus)


def test_a_corpus_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        list(islice(generate_pairs(seed=1, size=0), 1))
