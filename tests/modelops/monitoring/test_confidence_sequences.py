"""Confidence sequences: valid at all times together, and quick to detect a drop."""

import numpy as np
import pytest

from modelops.monitoring.confidence_sequences import (
    AuditedLabel,
    compute_confidence_sequence,
    compute_performance,
    compute_restart_delta,
    estimate_weighted_share,
)


def test_without_a_label_nothing_is_known() -> None:
    estimate = compute_confidence_sequence(0, 0)
    assert (estimate.low, estimate.high, estimate.n) == (0.0, 1.0, 0)
    assert not estimate.is_below(0.99)


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        compute_confidence_sequence(hits, n)


def test_an_interval_holds_its_share_and_narrows() -> None:
    few, many = compute_confidence_sequence(9, 10), compute_confidence_sequence(900, 1_000)
    assert few.low < many.low < 0.9 < many.high < few.high
    assert many.high - many.low < 0.07


def test_the_end_is_where_the_likelihood_ratio_reaches_twenty() -> None:
    # all of 10 right: (1 / 11) / p ** 10 = 20 gives p = 220 ** -0.1
    assert compute_confidence_sequence(10, 10).low == pytest.approx(220**-0.1)
    assert compute_confidence_sequence(10, 10).high == 1.0


def test_looking_after_every_label_leaves_the_truth_out_in_fewer_than_one_of_twenty_streams() -> None:
    dice, wrong = np.random.default_rng(1), 0
    for _ in range(200):
        hits = np.cumsum(dice.random(400) < 0.85)
        wrong += any(
            not estimate.low <= 0.85 <= estimate.high
            for n in range(1, 401, 3)
            for estimate in [compute_confidence_sequence(int(hits[n - 1]), n)]
        )
    assert wrong <= 10


def test_labels_weigh_one_over_the_chance_they_were_picked_with() -> None:
    # 100 labels of 1 in 100 stand for 10,000 answers, 100 labels of every second one for 200
    estimate = estimate_weighted_share({0.01: (90, 100), 0.5: (10, 100)})
    assert estimate.value == pytest.approx((0.9 * 10_000 + 0.1 * 200) / 10_200)
    assert estimate.n == 200


def test_precision_and_recall_are_of_material() -> None:
    cells = [(True, True)] * 6 + [(True, False)] * 2 + [(False, True)] * 1 + [(False, False)] * 11
    performance = compute_performance([AuditedLabel(predicted, true, 0.02) for predicted, true in cells])
    assert performance.accuracy.value == pytest.approx(17 / 20)
    assert performance.precision.value == pytest.approx(6 / 8)
    assert performance.recall.value == pytest.approx(6 / 7)


def test_all_restarts_together_spend_the_whole_error() -> None:
    assert sum(compute_restart_delta(number) for number in range(1, 20_000)) == pytest.approx(0.05, abs=1e-5)


def test_concept_drift_is_found_by_the_labels_and_not_by_confidence() -> None:
    """The truth changes for one answer in four; what the model says, and how sure it is, does not."""
    dice, found = np.random.default_rng(7), 0
    for _ in range(50):
        truth = dice.random(600) < 0.5
        predicted = np.where(dice.random(600) < 0.97, truth, ~truth)
        now_true = np.where(dice.random(600) < 0.25, ~truth, truth)
        stated = compute_performance(
            [AuditedLabel(bool(s), bool(t), 0.02) for s, t in zip(predicted, truth, strict=True)]
        )
        real = compute_performance(
            [AuditedLabel(bool(s), bool(t), 0.02) for s, t in zip(predicted, now_true, strict=True)]
        )
        found += real.accuracy.is_below(0.85) and not stated.accuracy.is_below(0.85)
    assert found == 50
