"""Planned looks: the bounds of the literature, errors and power by simulation."""

import numpy as np
import pytest

from experiments import power
from experiments.group_sequential import (
    MAX_BOUND,
    ScoreWalk,
    compute_bounds,
    compute_spent_error,
    find_deciding_look,
)
from experiments.intervals import compare_arms
from experiments.power import Design
from tests.experiments.simulations import DAYS, conclude_as_planned, share_concluded, share_found


def test_the_bounds_are_those_of_the_literature() -> None:
    """Lan and DeMets with spending of the O'Brien-Fleming type, two-sided 5 %, five equal looks."""
    expected = [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]
    assert compute_bounds([1, 2, 3, 4, 5], 5) == pytest.approx(expected, abs=2e-3)
    assert compute_bounds([7.0], 1) == pytest.approx([1.95996], abs=1e-3)


def test_all_error_is_spent_at_the_last_look_and_no_more() -> None:
    assert compute_spent_error(1.0) == pytest.approx(0.05)
    information = [0.4, 1.0, 1.1, 3.0, 5.0, 9.0]
    walk, crossed = ScoreWalk(), 0.0
    for seen, bound in zip(information, compute_bounds(information, 6), strict=True):
        crossed += walk.compute_crossing(seen, bound)
        walk = walk.go_on(seen, bound)
    assert 0.0495 < crossed <= 0.05


def test_a_look_without_new_information_concludes_nothing_and_leaves_its_error_to_the_next() -> None:
    bounds = compute_bounds([1.0, 1.0, 0.9, 2.0], 4)
    assert bounds[1] == bounds[2] == MAX_BOUND
    assert bounds[3] == pytest.approx(compute_bounds([1.0, 2.0], 2)[1], abs=0.05)


def test_what_is_planned_longer_is_bounded_more_strictly_today() -> None:
    assert compute_bounds([1.0, 2.0], 20)[1] > compute_bounds([1.0, 2.0], 4)[1]


@pytest.mark.parametrize(("users_a_day", "seed"), [(3, 1), (10, 2)])
def test_two_equal_versions_are_called_different_in_at_most_five_percent_of_experiments(
    users_a_day: int, seed: int
) -> None:
    found = share_concluded(conclude_as_planned, 0.0, 300, users_a_day, 0.1, seed)
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize("share_b", [0.5, 0.2])
def test_the_users_that_are_promised_conclude_as_often_as_promised(share_b: float) -> None:
    users = power.compute_required_users(0.4, 1.0, share_b, Design.PLANNED)
    assert users is not None
    assert share_found(conclude_as_planned, 0.4, users, share_b, 400, 5) == pytest.approx(0.8, abs=0.05)


def test_planned_looks_need_fewer_users_than_intervals_that_hold_at_any_moment() -> None:
    planned = power.compute_required_users(0.2, 1.0, 0.5, Design.PLANNED)
    any_time = power.compute_required_users(0.2, 1.0, 0.5, Design.ANY_TIME)
    assert planned is not None
    assert any_time is not None
    assert planned / any_time == pytest.approx(0.59, abs=0.01)
    assert power.compute_user_power(0.2, 1.0, planned, 0.5, Design.PLANNED) == pytest.approx(0.8, abs=0.01)


def test_the_first_look_that_decides_stays_the_deciding_one() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 1, 400), rng.normal(1, 1, 400)
    looks = [compare_arms((a[:n], b[:n]), 0.5) for n in (5, 100, 200, 400)]
    looks[3] = compare_arms((a, a + rng.normal(0, 0.1, 400)), 0.5)
    deciding, intervals = find_deciding_look(looks, 4)
    assert deciding == 2
    assert intervals[1] is not None
    assert intervals[1].excludes(0)
    assert find_deciding_look([None, None], DAYS) == (0, [None, None])


def test_few_users_decide_nothing_however_far_apart() -> None:
    apart = compare_arms((np.arange(5.0), np.arange(5.0) + 1_000), 1.0)
    assert find_deciding_look([apart], 1)[0] == 0
