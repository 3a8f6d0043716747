"""Error rates of rules: each verdict counts for its worst cause, and few pairs stay near the whole."""

import pytest

from matching.engine import Verdict, load_default_scorer
from matching.training.dataset import build_dataset
from matching.training.error_rates import (
    HAND_WRITTEN_WEIGHT,
    PRIOR_WEIGHT,
    Observation,
    estimate_error_rates,
    observe_labelled_pairs,
    observe_practitioner_pairs,
)
from matching.training.practitioner import is_calibration_pair, load_practitioner_pairs
from matching.training.synthetic import LabelledPair


def seen(n: int, wrong: int, *causes: str, verdict: Verdict = Verdict.MATERIAL) -> list[Observation]:
    return [Observation("kyc", verdict, "organisation", causes, at < wrong) for at in range(n)]


def test_a_rate_is_the_share_of_wrong_verdicts_leaning_on_the_wider_group() -> None:
    table = estimate_error_rates([*seen(980, 0, "O26"), *seen(20, 10, "O25")])["kyc"]["material"]
    whole = (10 + PRIOR_WEIGHT * 0.02) / (1_000 + PRIOR_WEIGHT)
    assert table["organisation"] == {"errors": 10, "n": 1_000, "rate": pytest.approx(whole, abs=1e-5)}
    assert table["organisation/O25"]["rate"] == pytest.approx((10 + PRIOR_WEIGHT * whole) / 40, abs=1e-4)
    assert table["organisation/O26"]["rate"] < 0.001


def test_a_hand_written_pair_counts_for_many_and_is_counted_once() -> None:
    written = [row._replace(weight=HAND_WRITTEN_WEIGHT) for row in seen(50, 0, "O25")]
    table = estimate_error_rates([*seen(1_000, 100, "O25"), *written])["kyc"]["material"]
    whole = 1_000 + 50 * HAND_WRITTEN_WEIGHT
    expected = (100 + PRIOR_WEIGHT * 0.02) / (whole + PRIOR_WEIGHT)
    assert table["organisation"] == {"errors": 100, "n": 1_050, "rate": pytest.approx(expected, abs=1e-5)}
    (labelled,) = {row.weight for row in seen(1, 0, "O25")}
    assert {row.weight for row in observe_practitioner_pairs(load_default_scorer())} == {HAND_WRITTEN_WEIGHT}
    assert labelled == 1


def test_a_harmless_cause_is_not_blamed_for_the_doubtful_one_beside_it() -> None:
    rows = [
        *seen(500, 0, "O01", verdict=Verdict.IMMATERIAL),
        *seen(100, 30, "O01", "O36", verdict=Verdict.IMMATERIAL),
    ]
    table = estimate_error_rates(rows)["kyc"]["immaterial"]
    assert table["organisation/O36"]["n"] == 100
    assert table["organisation/O01"] == {"errors": 0, "n": 500, "rate": pytest.approx(0.002, abs=1e-3)}


def test_no_rule_is_said_to_be_wrong_more_often_than_right() -> None:
    assert estimate_error_rates(seen(50, 50, "O11"))["kyc"]["material"]["organisation/O11"]["rate"] == 0.5


def test_verdicts_by_rule_are_observed_and_reviews_and_the_models_answers_are_not() -> None:
    pairs = [
        LabelledPair("Acme Fund II", "Acme Fund III", True, "organisation", "tag", "a", 1.0, "made"),
        LabelledPair("Acme, Inc.", "ACME INCORPORATED", True, "organisation", "tag", "b", 1.0, "made"),
        LabelledPair("Larkspur Dairy", "Larkspur Dairy LLC", False, "organisation", "tag", "c", 1.0, "made"),
    ]
    data = build_dataset(pairs, lambda _: None)
    rows = [row for row in observe_labelled_pairs(data, {0: 0.9, 1: 0.1, 2: 0.1}) if row.profile == "general"]
    assert [(row.verdict, row.is_wrong) for row in rows] == [
        (Verdict.MATERIAL, False),
        (Verdict.IMMATERIAL, True),
    ]
    assert rows[0].causes == ("O20",)
    assert "O08" in rows[1].causes


def test_only_one_half_of_the_hand_written_pairs_is_measured_on() -> None:
    rows = load_practitioner_pairs()
    half = [row for row in rows if is_calibration_pair(row)]
    assert 0.4 < len(half) / len(rows) < 0.6
    by_names: dict[tuple[str, str], set[bool]] = {}
    for row in rows:
        by_names.setdefault((row.left, row.right), set()).add(is_calibration_pair(row))
    assert all(len(sides) == 1 for sides in by_names.values())
    observed = list(observe_practitioner_pairs(load_default_scorer()))
    assert 0 < len(observed) < len(half)
    assert {row.verdict for row in observed} == {Verdict.IMMATERIAL, Verdict.MATERIAL}
