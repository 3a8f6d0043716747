"""Drift: worked examples, no alarm without change, and shifts found soon."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops.monitoring import bins, drift

BINS = 10
FIGURES = 60
counts = st.lists(st.integers(0, 500), min_size=2, max_size=10).filter(lambda row: sum(row) > 0)


def test_psi_of_a_worked_example() -> None:
    # (0.5 - 0.25) ln 2 + (0.5 - 0.75) ln (2/3), with half an observation added to each bin
    expected = (5000.5 / 10001 - 2500.5 / 10001) * np.log(5000.5 / 2500.5)
    expected += (5000.5 / 10001 - 7500.5 / 10001) * np.log(5000.5 / 7500.5)
    assert drift.psi([2_500, 7_500], [5_000, 5_000]) == pytest.approx(expected)
    assert expected == pytest.approx(0.2746, abs=1e-3)


def test_js_distance_of_worked_examples() -> None:
    assert drift.js_distance([10, 0], [0, 10]) == pytest.approx(1.0)
    assert drift.js_distance([5, 5], [50, 50]) == 0.0
    # divergence of (1, 0) and (1/2, 1/2) is 0.311278 bits
    assert drift.js_distance([10, 0], [5, 5]) == pytest.approx(0.311278**0.5, abs=1e-6)


def test_chi_square_of_a_worked_example() -> None:
    # the 2 x 2 table 20 30 / 30 20: every cell expects 25, so 4 * 25 / 25 = 4
    statistic, p = drift.chi_square([20, 30], [30, 20])
    assert statistic == pytest.approx(4.0)
    assert p == pytest.approx(0.0455, abs=1e-4)


def test_kolmogorov_smirnov_of_a_worked_example() -> None:
    gap, p = drift.kolmogorov_smirnov([50, 30, 20], [20, 30, 50])
    assert gap == pytest.approx(0.3)
    assert p < 0.001


def test_benjamini_hochberg_of_a_worked_example() -> None:
    adjusted = drift.benjamini_hochberg([0.01, 0.04, 0.03, 0.5])
    assert adjusted.tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_the_threshold_falls_with_the_sample_and_is_what_chance_alone_exceeds() -> None:
    # the 99.9 % point of chi-square with nine degrees of freedom is 27.877
    assert drift.psi_threshold(200, 10_000, 10) == pytest.approx(27.877 * (1 / 200 + 1 / 10_000), rel=1e-4)
    assert drift.psi_threshold(10_000, 10_000, 10) < 0.01


@given(counts)
def test_a_histogram_does_not_differ_from_itself(row: list[int]) -> None:
    assert drift.psi(row, row) == pytest.approx(0, abs=1e-12)
    assert drift.js_distance(row, row) == pytest.approx(0, abs=1e-6)
    assert drift.count_changed_verdicts(row, row) == 0


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200))
def test_every_value_has_its_bin(values: list[float]) -> None:
    edges = bins.compute_bin_edges(values)
    assert edges == sorted(set(edges))
    assert len(edges) < BINS
    assert sum(bins.count_per_bin(values, edges)) == len(values)
    assert min(bins.count_per_bin(values, edges)) > 0


def test_a_frequent_value_has_a_bin_of_its_own() -> None:
    values = [0.0] * 900 + list(np.linspace(0.01, 1, 100))
    assert bins.count_per_bin(values, bins.compute_bin_edges(values))[0] == 900


def test_a_small_window_is_not_judged() -> None:
    assert drift.compute_shifts({"a": [50, 50]}, {"a": [199, 0]}) == []
    assert drift.compute_shifts({"a": [50, 50]}, {"a": [200, 0]})[0].n == 200


def test_two_windows_of_three_are_needed() -> None:
    assert drift.find_persistent_shifts([{"form"}]) == set()
    assert drift.find_persistent_shifts([{"form"}, set(), {"form"}]) == {"form"}
    assert drift.find_persistent_shifts([{"form"}, {"form"}, set(), set()]) == set()


def test_it_says_how_many_answers_fall_elsewhere() -> None:
    assert drift.count_changed_verdicts([900, 100], [700, 300]) == 200


@pytest.mark.parametrize("size", [200, 1_000, 10_000])
def test_without_change_at_most_one_day_in_a_hundred_raises_an_alarm(size: int) -> None:
    days, windows, alarms = 100, 24, 0
    for day in range(days):
        dice = np.random.default_rng(1_000 + day)
        shares = [dice.dirichlet(np.full(BINS, 0.4)) for _ in range(FIGURES)]
        reference = {f"f{at}": dice.multinomial(2_000, share).tolist() for at, share in enumerate(shares)}
        drawn = [dice.multinomial(size, share, size=windows) for share in shares]
        seen = []
        for window in range(windows):
            current = {f"f{at}": drawn[at][window].tolist() for at in range(FIGURES)}
            seen.append(
                {shift.figure for shift in drift.compute_shifts(reference, current) if shift.is_significant}
            )
        alarms += any(drift.find_persistent_shifts(seen[: at + 1]) for at in range(windows))
    assert alarms <= days * 0.01


SHIFTS = {
    "legal forms: a third of the pairs now lacks one": ([0.80, 0.15, 0.05], [0.55, 0.40, 0.05]),
    "scripts: every fifth pair is now Cyrillic": ([0.95, 0.03, 0.02], [0.76, 0.22, 0.02]),
}


@pytest.mark.parametrize("name", SHIFTS)
def test_a_shift_is_found_within_five_hundred_predictions(name: str) -> None:
    before, after = SHIFTS[name]
    missed = 0
    for seed in range(200):
        dice = np.random.default_rng(seed)
        reference = {f"f{at}": dice.multinomial(2_000, np.full(BINS, 0.1)).tolist() for at in range(FIGURES)}
        reference["shifted"] = dice.multinomial(2_000, before).tolist()
        seen = []
        for _ in range(2):  # two windows of 250: five hundred predictions
            current = {f"f{at}": dice.multinomial(250, np.full(BINS, 0.1)).tolist() for at in range(FIGURES)}
            current["shifted"] = dice.multinomial(250, after).tolist()
            seen.append(
                {shift.figure for shift in drift.compute_shifts(reference, current) if shift.is_significant}
            )
        missed += drift.find_persistent_shifts(seen) != {"shifted"}
    assert missed <= 2
