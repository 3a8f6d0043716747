import math

import numpy as np
import pytest

from modelops.training.evaluation import (
    bootstrap_rate,
    brier_score,
    chance_calibration_error,
    compute_metrics,
    compute_metrics_by_slice,
    expected_calibration_error,
    log_loss,
    wilson_interval,
)


def test_the_wilson_interval_equals_a_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263.
    rate = wilson_interval(81, 263)
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.2553, 0.3662)


def test_nothing_counted_has_no_rate() -> None:
    assert math.isnan(wilson_interval(0, 0).value)
    assert str(wilson_interval(0, 0)) == "-"


def test_a_rate_of_zero_still_has_an_upper_end() -> None:
    rate = wilson_interval(0, 20)
    assert rate.low == 0
    assert 0.1 < rate.high < 0.2


def test_f1_is_given_for_both_positives() -> None:
    # 3 material (2 caught, 1 missed), 5 immaterial (4 found, 1 falsely material).
    labels = [1, 1, 1, 0, 0, 0, 0, 0]
    probabilities = [0.9, 0.8, 0.1, 0.1, 0.2, 0.3, 0.1, 0.9]
    quality = compute_metrics(labels, probabilities)
    assert quality.f1_material.value == pytest.approx(2 / 3)
    assert quality.f1_immaterial.value == pytest.approx(8 / 10)
    assert quality.precision_immaterial.value == pytest.approx(4 / 5)
    assert quality.recall_immaterial.value == pytest.approx(4 / 5)
    assert quality.specificity.value == pytest.approx(2 / 3)
    assert quality.accuracy.value == pytest.approx(6 / 8)


def test_auto_decided_errors_count_by_direction() -> None:
    quality = compute_metrics(
        [1, 0, 0, 1], [0.1, 0.1, 0.9, 0.5], ["immaterial", "immaterial", "material", "review"]
    )
    assert quality.missed_material.value == 0.5
    assert quality.false_material.value == 1.0
    assert quality.review_share.value == 0.25


def test_a_slice_without_one_label_has_plain_none_for_what_it_cannot_say() -> None:
    quality = compute_metrics([1, 1], [0.9, 0.8]).to_dict()
    assert quality["recall_immaterial"]["value"] is None
    assert quality["recall_material"]["value"] == 1.0


def test_slices_come_largest_first_and_sum_to_the_whole() -> None:
    slices = compute_metrics_by_slice([1, 0, 1, 0, 1], [0.9, 0.1, 0.8, 0.2, 0.3], ["a", "b", "b", "b", "a"])
    assert list(slices) == ["b", "a"]
    assert sum(quality.n for quality in slices.values()) == 5


def test_calibration_error_is_zero_for_the_truth_and_large_for_boasting() -> None:
    labels = [0] * 50 + [1] * 50
    assert expected_calibration_error(labels, labels) == 0
    assert expected_calibration_error(labels, [0.99] * 100) == pytest.approx(0.49)


@pytest.mark.parametrize("n", [60, 600])
def test_probabilities_that_mean_what_they_say_pass_chance_once_in_a_hundred(n: int) -> None:
    dice = np.random.default_rng(n)
    probabilities = dice.random(n)
    limit = chance_calibration_error(probabilities)
    errors = [expected_calibration_error(dice.random(n) < probabilities, probabilities) for _ in range(2_000)]
    assert 0.002 <= np.mean([error > limit for error in errors]) <= 0.025


def test_scores_of_a_coin_are_known() -> None:
    assert brier_score([0, 1], [0.5, 0.5]) == 0.25
    assert log_loss([0, 1], [0.5, 0.5]) == pytest.approx(math.log(2))
    assert log_loss([0, 1], [0.5, 0.9], [1, 0]) == pytest.approx(math.log(2))


def test_the_bootstrap_repeats_itself_and_holds_the_value() -> None:
    first, second = (bootstrap_rate(lambda table: table[:, 0] / 100, [30, 70]) for _ in "ab")
    assert first == second
    assert first.low < 0.3 < first.high
