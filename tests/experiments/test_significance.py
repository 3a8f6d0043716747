"""Statistics of experiments, against worked examples."""

import math
import random

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from experiments.significance import (
    E_VALUE_THRESHOLD,
    check_sample_ratio,
    e_value,
    is_conclusive,
    log_e_value,
)


@pytest.mark.parametrize(
    ("a", "b", "share"), [(5_000, 5_000, 0.5), (821, 879, 0.5), (9_500, 480, 0.05), (60, 140, 0.7)]
)
def test_the_split_check_is_the_chi_square_test(a: int, b: int, share: float) -> None:
    n = a + b
    reference = stats.chisquare([a, b], [n * (1 - share), n * share])
    result = check_sample_ratio(a, b, share)
    assert result.statistic == pytest.approx(reference.statistic)
    assert result.p_value == pytest.approx(reference.pvalue)


def test_a_broken_split_is_found_and_an_honest_one_is_not() -> None:
    assert check_sample_ratio(5_300, 4_700, 0.5).is_mismatch
    assert not check_sample_ratio(5_060, 4_940, 0.5).is_mismatch


def test_a_handful_of_users_says_nothing() -> None:
    assert not check_sample_ratio(50, 0, 0.5).is_mismatch
    assert not check_sample_ratio(0, 0, 0.5).has_enough_users


@pytest.mark.parametrize(("a", "b", "share"), [(1, 1, 0.0), (1, 1, 1.0), (-1, 2, 0.5)])
def test_a_split_that_cannot_be_is_refused(a: int, b: int, share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        check_sample_ratio(a, b, share)


@pytest.mark.parametrize(("wins", "pairs"), [(0, 0), (7, 10), (31, 44), (500, 1000)])
def test_the_e_value_is_the_formula(wins: int, pairs: int) -> None:
    reference = betaln(2 + wins, 2 + pairs - wins) - betaln(2, 2) + pairs * math.log(2)
    assert log_e_value(wins, pairs) == pytest.approx(reference)


def test_nothing_seen_is_no_evidence() -> None:
    assert e_value(0, 0) == pytest.approx(1.0)
    assert e_value(50, 100) < 1


def test_worked_figures() -> None:
    # Four of four: B(6,2)/B(2,2) x 16 = (1/42)/(1/6) x 16 = 16/7.
    assert e_value(4, 4) == pytest.approx(16 / 7)
    # One of two: B(3,3)/B(2,2) x 4 = (1/30)/(1/6) x 4 = 4/5.
    assert e_value(1, 2) == pytest.approx(4 / 5)


def test_a_flood_of_evidence_does_not_overflow() -> None:
    assert e_value(5_000, 5_000) == math.inf


def test_peeking_after_every_pair_stays_within_five_percent() -> None:
    rng = random.Random(7)
    stopped = 0
    for _ in range(1_000):
        wins = 0
        for n in range(1, 201):
            wins += rng.random() < 0.5
            if is_conclusive(wins, n):
                stopped += 1
                break
    assert stopped / 1_000 <= 1 / E_VALUE_THRESHOLD


def test_more_wins_than_pairs_cannot_be() -> None:
    with pytest.raises(ValueError, match="wins"):
        log_e_value(3, 2)


def test_a_broken_split_is_found_almost_always_and_an_honest_one_called_broken_almost_never() -> None:
    rng = np.random.default_rng(6)
    honest = rng.binomial(10_000, 0.5, 2_000)
    # B loses a tenth of its exposures, for example to clients that give up waiting.
    broken = rng.binomial(rng.binomial(10_000, 0.5, 2_000), 0.9)
    called = [check_sample_ratio(10_000 - b, b, 0.5).is_mismatch for b in honest.tolist()]
    found = [check_sample_ratio(5_000, b, 0.5).is_mismatch for b in broken.tolist()]
    assert sum(called) / 2_000 <= 0.003
    assert sum(found) / 2_000 >= 0.99
