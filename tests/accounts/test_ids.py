"""Identifiers that sort by time."""

import time

from accounts.ids import uuid7


def test_an_id_is_a_version_7_uuid_of_now() -> None:
    made = uuid7()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert abs((made.int >> 80) - time.time() * 1000) < 1000


def test_ids_sort_by_time_of_birth_and_never_meet() -> None:
    made = []
    for _ in range(100):
        made.append(uuid7())
        time.sleep(0.00001)
    assert made == sorted(made)
    assert len(set(made)) == 100
