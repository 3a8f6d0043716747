import numpy as np
import pytest

from modelops.training.thresholds import (
    AbstentionBand,
    clopper_pearson,
    compute_abstention_band,
    learn_then_test,
    minimum_sample_size,
)


def test_the_exact_bound_equals_the_rule_of_three_and_a_table_value() -> None:
    assert clopper_pearson(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300))
    # Clopper & Pearson 1934: 10 of 100, one-sided 95 %: 0.1637.
    assert clopper_pearson(10, 100) == pytest.approx(0.1637, abs=2e-4)
    assert clopper_pearson(5, 5) == 1.0


def test_a_promise_of_one_percent_needs_299_decisions() -> None:
    assert minimum_sample_size(0.01) == 299


def test_too_few_pairs_promise_nothing() -> None:
    promise = learn_then_test(np.linspace(0, 1, 100), np.zeros(100, dtype=bool), 0.01)
    assert promise.threshold is None
    assert promise.n == 0


def test_pairs_of_one_probability_are_decided_together() -> None:
    values = np.array([0.01] * 1_000 + [0.5] * 1_000)
    wrong = np.array([False] * 1_000 + [True] * 500 + [False] * 500)
    promise = learn_then_test(values, wrong, 0.01)
    assert (promise.threshold, promise.n, promise.errors) == (0.01, 1_000, 0)


def test_the_promise_holds_in_repetition() -> None:
    random, broken, rounds = np.random.default_rng(8), 0, 200
    for _ in range(rounds):
        probabilities = random.beta(0.3, 0.3, size=3_000)
        truth = random.random(3_000) < probabilities
        band = compute_abstention_band(probabilities, truth)
        broken += band.immaterial.threshold is not None and _true_error(band.immaterial_below) > 0.01
    assert broken / rounds <= 0.07


def _true_error(threshold: float) -> float:
    probabilities = np.random.default_rng(1).beta(0.3, 0.3, size=400_000)
    return float(probabilities[probabilities <= threshold].mean())


def test_the_band_never_contradicts_the_prediction() -> None:
    probabilities = np.concatenate([np.full(2_000, 0.7), np.full(2_000, 0.2)])
    band = compute_abstention_band(probabilities, np.zeros(4_000, dtype=bool))
    assert band.immaterial_below <= 0.5 <= band.material_above


def test_without_a_promise_everything_is_reviewed() -> None:
    band: AbstentionBand = compute_abstention_band(np.array([0.1, 0.9]), np.array([False, True]))
    assert band.immaterial_below < 0
    assert band.material_above > 1
