"""Registers' availability tests: what a registrar looks through, and that identity never follows from it."""

from __future__ import annotations

import pytest

from matching.engine import (
    PROFILE_IDS,
    REGISTRY_PROFILE_IDS,
    Verdict,
    compare,
    compare_profiles,
    load_registry_profiles,
)
from matching.engine.profiles import load_categories
from matching.engine.text.spelling_variants import classify_spelling_variant, is_spelled_letters

SAME, OTHER, ASK = Verdict.IMMATERIAL, Verdict.MATERIAL, Verdict.REVIEW

CASES = [
    ("registry-in", "Zentrix Polymers Ltd", "Zentrix Polymer Private Limited", SAME),
    ("registry-in", "Zentrix Polymers Ltd", "The Zentrix Polymers Ltd", SAME),
    ("registry-in", "Zentrix Polymers Ltd", "Zentrix Polymers Mumbai Ltd", SAME),
    ("registry-in", "Zentrix Polymers Delhi Ltd", "Zentrix Polymers Mumbai Ltd", OTHER),
    ("registry-in", "Zentrix Polymers Ltd", "Zentrix 9 Polymers Ltd", SAME),
    ("registry-in", "Zentrix Polymers Ltd", "Polymers Zentrix Ltd", SAME),
    ("registry-in", "Calyx Dyes Ltd", "Kalyx Dyes Ltd", SAME),
    ("registry-in", "Jay Dee Foods Ltd", "JD Foods Ltd", SAME),
    ("registry-in", "Extend Foods Ltd", "Extended Foods Ltd", SAME),
    ("registry-in", "Zentrix Polymers Ltd", "Zentrix Ceramics Ltd", OTHER),
    ("registry-gb", "Harrow Tools Limited", "The Harrow-Tools PLC", SAME),
    ("registry-gb", "Harrow & Tools Limited", "Harrow and Tools Ltd", SAME),
    ("registry-gb", "Harrow Tools Limited", "Harrow Tools 2 Limited", OTHER),
    ("registry-gb", "Harrow Tool Limited", "Harrow Tools Limited", ASK),
    ("registry-us-fl", "Pelican Boats, Inc.", "Pelican Boat, LLC", SAME),
    ("registry-us-fl", "Pelican Boats, Inc.", "Pelican Boats of Tampa, Inc.", OTHER),
    ("registry-us-fl", "Pelican Boats, Inc.", "Pelikan Boats, Inc.", OTHER),
    ("registry-au", "Wattle Farms Pty Ltd", "The Wattle Farm Pty. Limited", SAME),
    ("registry-au", "Wattle Farms Pty Ltd", "Wattle Farms Holdings Pty Ltd", OTHER),
]


@pytest.mark.parametrize(("profile", "left", "right", "verdict"), CASES)
def test_a_register_looks_through_what_its_text_says_and_nothing_else(
    profile: str, left: str, right: str, verdict: Verdict
) -> None:
    found = compare(left, right, profile)
    assert found.verdict is verdict
    assert compare(right, left, profile).verdict is verdict
    assert any("never whether they are one legal person" in note for note in found.notes)


@pytest.mark.parametrize("profile", REGISTRY_PROFILE_IDS)
def test_every_register_judges_every_category_and_never_asks_the_model(profile: str) -> None:
    effects = load_registry_profiles()[profile].effects
    assert set(effects) == set(load_categories())
    assert "model" not in {effect.value for effect in effects.values()}


def test_registers_stand_in_no_overview_of_profiles() -> None:
    assert set(compare_profiles("Acme Ltd", "Acme Limited")) == set(PROFILE_IDS)


def test_what_a_register_looks_through_stays_a_difference_of_identity() -> None:
    for left, right in (("Zentrix 9 Polymers Ltd", "Zentrix Polymers Ltd"), ("JD Foods Ltd", "GD Foods Ltd")):
        assert compare(left, right).verdict is not Verdict.IMMATERIAL


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("chemtech", "kemtek", "sound"),
        ("colour", "color", "sound"),
        ("ascend", "ascended", "tense"),
        ("ascending", "ascended", "tense"),
        ("disc", "disco", ""),
        ("isha", "anisha", ""),
        ("red", "reed", ""),
    ],
)
def test_a_respelt_word_is_told_from_another_word(one: str, other: str, how: str) -> None:
    assert classify_spelling_variant(one, other) == classify_spelling_variant(other, one) == how


def test_names_of_letters_spell_letters() -> None:
    assert is_spelled_letters(("bee", "kay"), "bk")
    assert not is_spelled_letters(("blue", "kite"), "bk")
