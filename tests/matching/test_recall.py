"""One works a value out, others wait; nothing recalled is old or wrong."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from matching.compare.local_cache import LocalCache


def test_twenty_who_ask_at_once_have_it_worked_out_once() -> None:
    recall: LocalCache[str] = LocalCache(10)
    asked: list[int] = []
    together = threading.Barrier(20)

    def work() -> str:
        asked.append(1)
        time.sleep(0.05)
        return "answer"

    def ask(_: int) -> tuple[str, bool]:
        together.wait()
        return recall.get_or_compute("key", work, 60)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert len(asked) == 1
    assert {value for value, _ in found} == {"answer"}
    assert sorted(known for _, known in found) == [False] + [True] * 19


def test_nobody_waits_long_for_somebody_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.compare.local_cache._WAIT_SECONDS", 0.01)
    recall: LocalCache[str] = LocalCache(10)
    begun, ended = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        ended.wait()
        return "slow"

    thread = threading.Thread(target=lambda: recall.get_or_compute("key", slow, 60))
    thread.start()
    begun.wait()
    assert recall.get_or_compute("key", lambda: "own", 60) == ("own", False)
    ended.set()
    thread.join()


def test_a_failure_is_not_kept_and_stops_nobody() -> None:
    recall: LocalCache[str] = LocalCache(10)

    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        recall.get_or_compute("key", fail, 60)
    assert recall.get_or_compute("key", lambda: "answer", 60) == ("answer", False)


def test_what_is_too_old_or_used_least_is_forgotten() -> None:
    recall: LocalCache[int] = LocalCache(2)
    assert recall.get_or_compute(1, lambda: 1, 60) == (1, False)
    assert recall.get_or_compute(1, lambda: 2, 0) == (2, False)
    for key in (2, 1, 3):
        recall.get_or_compute(key, lambda: 0, 60)
    assert recall.get_or_compute(1, lambda: 9, 60) == (2, True)
    assert recall.get_or_compute(2, lambda: 9, 60) == (9, False)
    recall.clear()
    assert recall.get_or_compute(1, lambda: 5, 60) == (5, False)
