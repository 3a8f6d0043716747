"""Enrolment in an experiment and choice of the arm, both by a hash, so that no assignment is stored.

A bucket is the first 64 bits of SHA-256 over ``experiment | salt | user`` as a number in [0, 1). Enrolment
and arm use *different salts*: with one salt the two decisions are dependent, and a 5 % arm gets twice its
share. Tests with fixed vectors keep the function from changing under a running experiment.
"""

from __future__ import annotations

import hashlib

ARM_A = "a"
ARM_B = "b"


def compute_bucket(experiment_id: str, salt: str, user_id: str) -> float:
    """Return the bucket of a user in [0, 1): uniform over users, always the same."""
    digest = hashlib.sha256(f"{experiment_id}|{salt}|{user_id}".encode()).digest()
    # 53 of the 64 bits: what a float holds exactly, so that the largest bucket stays below 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def choose_arm(
    experiment_id: str,
    user_id: str,
    enrolment_salt: str,
    variant_salt: str,
    enrolled_share: float,
    share_b: float,
) -> str | None:
    """Return ``"a"``, ``"b"``, or ``None`` for a user who is not enrolled.

    ``enrolled_share`` and ``share_b`` are shares in [0, 1]; ``share_b`` is the share of enrolled users that
    gets arm b.
    """
    if compute_bucket(experiment_id, enrolment_salt, user_id) >= enrolled_share:
        return None
    return ARM_B if compute_bucket(experiment_id, variant_salt, user_id) < share_b else ARM_A
