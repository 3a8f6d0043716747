"""Drift measured on real comparisons: a usual day is quiet, pairs across scripts are noticed."""

import random

import pytest

from matching import engine
from matching.monitoring.feature_snapshot import FeatureSnapshot, build_sample, snapshot_comparison
from matching.training.synthetic import LabelledPair, generate_pairs
from modelops.monitoring import drift
from modelops.monitoring.histograms import HistogramBinning, HistogramCounts, build_binning, count_histograms


@pytest.fixture(scope="module")
def answered() -> dict[bool, list[FeatureSnapshot]]:
    """Answers about pairs of organisations: in one script, and (the shift) in different scripts."""
    pairs = [pair for pair in generate_pairs(7, 14_000) if pair.kind == "organisation"]
    random.Random(7).shuffle(pairs)
    across = [pair for pair in pairs if "O36" in pair.category][:130]
    usual = [pair for pair in pairs if "O36" not in pair.category][:6_800]
    return {
        shifted: [_answer(pair) for pair in chosen] for shifted, chosen in ((False, usual), (True, across))
    }


def _answer(pair: LabelledPair) -> FeatureSnapshot:
    return snapshot_comparison(engine.compare(pair.left, pair.right, kind=pair.kind))


def _seen(reference: HistogramCounts, frame: HistogramBinning, rows: list[FeatureSnapshot]) -> set[str]:
    current = count_histograms(build_sample("organisation", rows), frame)
    return {shift.figure for shift in drift.compute_shifts(reference, current) if shift.is_significant}


def test_a_day_of_the_usual_pairs_raises_no_alarm(answered: dict[bool, list[FeatureSnapshot]]) -> None:
    usual = answered[False]
    kept = build_sample("organisation", usual[:2_000])
    frame = build_binning(kept)
    reference = count_histograms(kept, frame)
    windows = [_seen(reference, frame, usual[at : at + 200]) for at in range(2_000, 6_800, 200)]
    assert len(windows) == 24
    assert not any(drift.find_persistent_shifts(windows[: at + 1]) for at in range(24))


def test_every_fourth_pair_across_scripts_is_noticed_within_five_hundred(
    answered: dict[bool, list[FeatureSnapshot]],
) -> None:
    usual, across = answered[False], answered[True]
    kept = build_sample("organisation", usual[:2_000])
    frame = build_binning(kept)
    reference = count_histograms(kept, frame)
    windows = [
        _seen(
            reference, frame, [*usual[2_000 + 188 * at : 2_188 + 188 * at], *across[62 * at : 62 * at + 62]]
        )
        for at in range(2)
    ]
    assert "script" in drift.find_persistent_shifts(windows)
