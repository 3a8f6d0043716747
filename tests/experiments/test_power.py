"""What is promised before the start is what happens: reviews and users needed, checked by simulation."""

import numpy as np
import pytest

from experiments import power
from experiments.significance import E_VALUE_THRESHOLD, is_conclusive
from tests.experiments.simulations import conclude_any_time, share_found


@pytest.mark.parametrize("win_share", [0.6, 0.7, 0.8])
def test_the_reviews_that_are_promised_decide_as_often_as_promised(win_share: float) -> None:
    needed = power.compute_required_reviews(win_share)
    assert needed is not None
    rng = np.random.default_rng(4)
    wins = (rng.random((1_500, needed)) < win_share).cumsum(axis=1)
    limits = [
        next((k for k in range((n + 1) // 2, n + 1) if is_conclusive(k, n)), n + 1)
        for n in range(1, needed + 1)
    ]
    numbers = np.arange(1, needed + 1)
    decided = ((wins >= limits) | (numbers - wins >= limits)).any(axis=1).mean()
    assert decided == pytest.approx(power.POWER, abs=0.05)
    assert power.compute_review_power(win_share, needed) == pytest.approx(decided, abs=0.03)
    assert power.compute_review_power(win_share, needed - 1) < power.POWER


def test_two_equal_versions_are_called_different_in_at_most_five_percent_however_long_one_looks() -> None:
    assert power.compute_review_power(0.5, power.MAX_REVIEWS) <= 1 / E_VALUE_THRESHOLD


def test_how_many_reviews_a_difference_needs() -> None:
    assert [power.compute_required_reviews(share) for share in (0.7, 0.8)] == [80, 33]
    assert power.compute_required_reviews(0.3) == 80
    assert power.compute_required_reviews(0.5) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        power.compute_required_reviews(1.2)


@pytest.mark.parametrize("share_b", [0.5, 0.2])
def test_the_users_that_are_promised_conclude_as_often_as_promised(share_b: float) -> None:
    effect = 0.4
    users = power.compute_required_users(effect, 1.0, share_b)
    assert users is not None
    assert share_found(conclude_any_time, effect, users, share_b, 400, 5) == pytest.approx(
        power.POWER, abs=0.05
    )


def test_the_smallest_difference_that_so_many_users_find_is_the_one_that_needs_so_many() -> None:
    effect = power.compute_detectable_effect(1.0, 500, 0.3)
    assert power.compute_required_users(effect, 1.0, 0.3) == pytest.approx(500, abs=2)
    assert power.compute_user_power(effect, 1.0, 500, 0.3) == pytest.approx(power.POWER, abs=0.01)


def test_without_a_difference_or_any_spread_no_number_is_enough() -> None:
    assert power.compute_required_users(0.0, 1.0) is None
    assert power.compute_required_users(0.1, 0.0) is None
