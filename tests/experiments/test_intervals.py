"""Always-valid intervals and CUPED, by simulation: seeded, whole populations at once."""

import math

import numpy as np
import pytest

from experiments.intervals import adjust_for_before, compare_arms, compute_half_width
from tests.experiments.simulations import conclude_any_time, share_concluded

RNG_SEED = 17


@pytest.mark.parametrize(("users_a_day", "scale"), [(3, 0.1), (10, 0.05)])
def test_two_equal_versions_are_called_different_in_at_most_five_percent_of_experiments(
    users_a_day: int, scale: float
) -> None:
    assert share_concluded(conclude_any_time, 0.0, 300, users_a_day, scale, RNG_SEED) <= 0.05


def test_a_real_difference_is_found() -> None:
    assert share_concluded(conclude_any_time, 0.5, 60, 100, 0.1, RNG_SEED) >= 0.9


def test_counting_requests_instead_of_users_would_find_what_is_not_there() -> None:
    rng, found = np.random.default_rng(RNG_SEED), 0
    for _ in range(200):
        share, in_b = rng.beta(2, 6, 60), rng.random(60) < 0.5
        answers = [rng.binomial(1, p, 200).astype(float) for p in share]
        a, b = (
            np.concatenate([row for row, arm in zip(answers, in_b, strict=True) if arm == of])
            for of in (0, 1)
        )
        error = math.sqrt(a.var() / len(a) + b.var() / len(b))
        found += abs(a.mean() - b.mean()) > 1.96 * error
    assert found / 200 > 0.3


def test_the_half_width_is_the_formula() -> None:
    variance, scale = 0.04, 0.3
    total = variance + scale**2
    expected = math.sqrt(variance * total / scale**2 * (2 * math.log(20) + math.log(total / variance)))
    assert compute_half_width(variance, scale) == pytest.approx(expected)
    assert compute_half_width(0.0, scale) == 0


def test_the_interval_is_wider_than_one_that_is_read_once_and_shrinks_with_users() -> None:
    assert compute_half_width(0.01, 0.3) > 1.96 * 0.1
    assert compute_half_width(0.0001, 0.3) < compute_half_width(0.01, 0.3)


def test_the_period_before_makes_the_interval_narrower_and_moves_no_mean() -> None:
    rng = np.random.default_rng(RNG_SEED)
    habits = rng.normal(10, 3, 400)
    values = tuple(habits[half] + rng.normal(0, 1, 200) for half in (slice(200), slice(200, 400)))
    before = habits[:200], habits[200:]
    plain, adjusted = compare_arms(values, 1.0), compare_arms(values, 1.0, before)  # type: ignore[arg-type]
    assert adjusted.variance_removed > 0.8
    assert plain.difference is not None
    assert adjusted.difference is not None
    assert (
        adjusted.difference.high - adjusted.difference.low
        < (plain.difference.high - plain.difference.low) / 2
    )
    assert adjusted.difference.low < 0 < adjusted.difference.high


def test_a_user_without_a_period_before_keeps_the_value() -> None:
    rng = np.random.default_rng(RNG_SEED)
    before = rng.normal(0, 1, 50), np.full(50, np.nan)
    values = before[0] + 5, rng.normal(5, 1, 50)
    adjusted, removed = adjust_for_before(values, before)
    assert removed > 0
    assert adjusted[1].tolist() == values[1].tolist()


def test_few_users_conclude_nothing_and_none_give_no_interval() -> None:
    few = compare_arms((np.zeros(9), np.ones(400)), 0.1)
    assert not few.has_enough_users
    none = compare_arms((np.zeros(0), np.ones(1)), 0.1)
    assert (none.a.users, none.difference, none.lift) == (0, None, None)


def test_the_lift_is_relative_to_a_and_absent_where_a_is_nothing() -> None:
    rng = np.random.default_rng(RNG_SEED)
    result = compare_arms((rng.normal(10, 1, 500), rng.normal(12, 1, 500)), 1.0)
    assert result.lift is not None
    assert result.lift.estimate == pytest.approx(0.2, abs=0.02)
    assert compare_arms((np.zeros(50), np.ones(50)), 1.0).lift is None


def test_a_scale_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        compare_arms((np.ones(20), np.ones(20)), 0.0)


def test_intervals_of_a_share_stay_between_nothing_and_everything() -> None:
    few, many = np.array([0.0] * 11 + [1.0]), np.array([1.0] * 11 + [0.0])
    free, cut = compare_arms((few, many), 0.1), compare_arms((few, many), 0.1, bounds=(0.0, 1.0))
    for loose, tight in ((free.a, cut.a), (free.b, cut.b)):
        assert loose.interval
        assert tight.interval
        assert not 0 <= loose.interval.low <= loose.interval.high <= 1
        assert 0 <= tight.interval.low < tight.interval.estimate < tight.interval.high <= 1
        assert tight.interval.estimate == loose.interval.estimate
    assert free.difference
    assert cut.difference
    assert free.difference.high > 1 == cut.difference.high
    assert cut.difference.low == free.difference.low
    endless = compare_arms((few, many), 0.1, bounds=(0.0, np.inf))
    assert endless.difference == free.difference
