"""Assignment: fixed by test vectors, uniform, and independent of enrolment."""

import hashlib
import subprocess
import sys
from collections import Counter

import pytest

from experiments.assignment import choose_arm, compute_bucket

USERS = [f"user-{number}" for number in range(20_000)]


def test_the_bucket_is_the_head_of_a_sha256() -> None:
    head = hashlib.sha256(b"exp|salt|user").digest()[:8]
    assert compute_bucket("exp", "salt", "user") == pytest.approx(
        int.from_bytes(head, "big") / 2**64, abs=1e-15
    )


@pytest.mark.parametrize(
    ("experiment", "salt", "user", "expected"),
    [
        ("exp-1", "salt-a", "user-1", 0.14542421863570654),
        ("exp-1", "salt-a", "user-2", 0.8576264756463243),
        ("exp-1", "salt-b", "user-1", 0.8396665512860206),
        ("exp-2", "salt-a", "user-1", 0.016822110258684075),
        ("", "", "", 0.33735871671821327),
    ],
)
def test_frozen_vectors(experiment: str, salt: str, user: str, expected: float) -> None:
    assert compute_bucket(experiment, salt, user) == expected


def test_every_bucket_lies_in_its_range_and_they_spread_evenly() -> None:
    values = [compute_bucket("exp", "salt", user) for user in USERS]
    assert all(0 <= value < 1 for value in values)
    tenths = Counter(int(value * 10) for value in values)
    assert all(1_800 < tenths[tenth] < 2_200 for tenth in range(10))


def test_a_small_enrolment_still_splits_in_half() -> None:
    arms = Counter(choose_arm("exp", user, "one", "two", 0.05, 0.5) for user in USERS)
    enrolled = arms["a"] + arms["b"]
    assert 0.04 < enrolled / len(USERS) < 0.06
    assert 0.45 < arms["b"] / enrolled < 0.55


def test_with_one_salt_the_same_split_would_be_ruined() -> None:
    arms = Counter(choose_arm("exp", user, "one", "one", 0.05, 0.5) for user in USERS)
    assert arms["a"] == 0


def test_a_user_keeps_the_arm_when_more_are_enrolled() -> None:
    few = {user: choose_arm("exp", user, "one", "two", 0.1, 0.5) for user in USERS[:2_000]}
    many = {user: choose_arm("exp", user, "one", "two", 0.6, 0.5) for user in USERS[:2_000]}
    assert all(many[user] == met for user, met in few.items() if met)


def test_it_needs_no_django() -> None:
    code = "import sys, experiments.assignment, experiments.significance; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
