"""The features of organisations: each is shown by a pair, under its own name, at its own place in the row."""

import pytest

from matching.engine import FEATURE_NAMES, Kind, extract_features
from matching.engine.model.schema import build_feature_row
from matching.engine.organisation.compare import compare_organisations
from matching.engine.organisation.features import ORGANISATION_FEATURES, compute_organisation_features
from matching.engine.organisation.parse import parse_organisation
from matching.engine.text.tokenise import tokenise_name

SHOWN: list[tuple[str, str, dict[str, float]]] = [
    ("Acme", "Acme Inc", {"form_missing": 1, "stem_words": 1, "stem_letters": 4, "stem_rarity": 0.87}),
    ("Acme LLC", "Acme, Inc.", {"form_different": 1}),
    ("Acme plc", "Acme Limited", {"form_marker": 1}),
    ("Acme Co., Inc.", "Acme, Inc.", {"form_stacked": 1}),
    ("Acme GmbH", "Acme Ltd", {"form_translated": 1, "form_different": 1}),
    (
        "Granite Ridge Paving LLC",
        "Granite Ridge LLC",
        {"added": 1, "added_rarity": 0.8, "uncovered": 0.35, "uncovered_smaller": 0, "stem_distance": 0.2},
    ),
    (
        "Heron Foods Ltd",
        "Heron Bakery Ltd",
        {"replaced": 1, "replaced_rarity": 0.62, "uncovered": 0.39, "uncovered_smaller": 0.36},
    ),
    ("Alpha Beta Ltd", "Beta Alpha Ltd", {"moved": 1, "stem_jaro_distance": 0.44, "sorted_distance": 0}),
    ("Clearwater Ltd", "Clear water Ltd", {"joined": 1, "stem_distance": 0}),
    ("Fund II LP", "Fund III LP", {"number_conflict": 1, "sorted_distance": 0.07}),
    ("Zephyr France SAS", "Zephyr Spain SAS", {"place_conflict": 1}),
    ("Acme Holdings Ltd", "Acme Ltd", {"role_added": 1, "added": 1, "added_rarity": 1}),
    ("Orion Intl Ltd", "Orion International Ltd", {"abbreviated": 1}),
    ("Universal Widget Makers Ltd", "UWM Ltd", {"acronym": 1}),
    ("Harbour Boats Ltd", "Harbour Boat Ltd", {"plural": 1}),
    (
        "Kwik Foods Ltd",
        "Quick Foods Ltd",
        {"sound": 1, "slips": 0, "slip_edits": 3, "slip_distance": 0.6, "slip_shortness": 0.25},
    ),
    ("Kwik Foods Ltd", "Quick Foods Ltd", {"slip_first_letter": 1, "slip_one_known": 1, "slip_rarity": 0.72}),
    ("B0xwell Ltd", "Boxwell Ltd", {"lookalike": 1}),
    (
        "Zorvex Ltd",
        "Zorvix Ltd",
        {"slips": 1, "slip_vowels_only": 1, "slip_only_word": 1, "slip_oddness": 0.54},
    ),
    ("Zorvex Ltd", "Zorevx Ltd", {"slip_transposed": 1, "slip_finger": 1, "slip_oddness": 2.56}),
    ("Zorvex Ltd", "Zorvey Ltd", {"slip_last_letter": 1, "slip_reading_edits": 3}),
    ("Tallooon Ltd", "Taloon Ltd", {"slip_doubled": 1, "slip_same_reading": 1, "slip_edits": 2}),
    ("Takano Ltd", "Takanu Ltd", {"slip_japanese": 1}),
    ("Parking Ltd", "Packing Ltd", {"slip_both_known": 1, "slip_one_known": 0}),
    ("홍길상사", "홍길상자", {"slip_unspaced": 1, "not_latin": 1}),
    ("Acme Ltd d/b/a Zenith", "Acme Ltd", {"part_added": 1}),
    ("The Acme Company", "Acme Company", {"article": 1}),
    ("ООО Ромашка", "OOO Romaska", {"script_crossed": 1, "script_distance": 0.07, "script_opaque": 0}),
    (
        "東京電力株式会社",
        "Nintendo Electric Co., Ltd.",
        {"script_opaque": 1, "script_unread": 1, "script_not_led": 1, "script_uncovered": 1},
    ),
    ("トヨタ自動車株式会社", "Toyota Motor Corporation", {"script_consonant_distance": 0.8}),
]


def get_named_row(left: str, right: str) -> dict[str, float]:
    kind, row = extract_features(left, right, "organisation")
    assert kind is Kind.ORGANISATION
    return dict(zip(FEATURE_NAMES, row, strict=True))


@pytest.mark.parametrize(("left", "right", "expected"), SHOWN)
def test_a_pair_shows_the_feature_under_its_name_from_both_sides(
    left: str, right: str, expected: dict[str, float]
) -> None:
    row, mirrored = get_named_row(left, right), get_named_row(right, left)
    assert row == mirrored
    assert {name: row[f"o_{name}"] for name in expected} == pytest.approx(expected, abs=0.005)


def test_every_feature_is_shown_by_a_pair() -> None:
    shown = {name for _, _, expected in SHOWN for name, value in expected.items() if value}
    assert shown == set(ORGANISATION_FEATURES)


@pytest.mark.parametrize(("left", "right"), sorted({(left, right) for left, right, _ in SHOWN}))
def test_the_row_holds_every_value_at_the_place_of_its_name(left: str, right: str) -> None:
    one, other = parse_organisation(tokenise_name(left)), parse_organisation(tokenise_name(right))
    compared = compare_organisations(one, other)
    named = {f"o_{name}": value for name, value in compute_organisation_features(compared).items()}
    assert dict(zip(FEATURE_NAMES, build_feature_row(compared), strict=True)) == {
        name: named.get(name, 0.0) for name in FEATURE_NAMES
    }
