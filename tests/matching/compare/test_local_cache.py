"""The local cache: threads compute a value once, and no expired value is returned."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from matching.compare.local_cache import LocalCache


def test_twenty_threads_compute_a_value_once() -> None:
    local_cache: LocalCache[str] = LocalCache(10)
    computations: list[int] = []
    together = threading.Barrier(20)

    def compute() -> str:
        computations.append(1)
        time.sleep(0.05)
        return "answer"

    def read(_: int) -> tuple[str, bool]:
        together.wait()
        return local_cache.get_or_compute("key", compute, 60)

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(read, range(20)))
    assert len(computations) == 1
    assert {value for value, _ in results} == {"answer"}
    assert sorted(cached for _, cached in results) == [False] + [True] * 19


def test_a_thread_does_not_wait_long_for_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.compare.local_cache._WAIT_SECONDS", 0.01)
    local_cache: LocalCache[str] = LocalCache(10)
    begun, ended = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        ended.wait()
        return "slow"

    thread = threading.Thread(target=lambda: local_cache.get_or_compute("key", slow, 60))
    thread.start()
    begun.wait()
    assert local_cache.get_or_compute("key", lambda: "own", 60) == ("own", False)
    ended.set()
    thread.join()


def test_an_error_is_not_cached_and_blocks_no_other_thread() -> None:
    local_cache: LocalCache[str] = LocalCache(10)

    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        local_cache.get_or_compute("key", fail, 60)
    assert local_cache.get_or_compute("key", lambda: "answer", 60) == ("answer", False)


def test_expired_and_least_recently_used_values_are_evicted() -> None:
    local_cache: LocalCache[int] = LocalCache(2)
    assert local_cache.get_or_compute(1, lambda: 1, 60) == (1, False)
    assert local_cache.get_or_compute(1, lambda: 2, 0) == (2, False)
    for key in (2, 1, 3):
        local_cache.get_or_compute(key, lambda: 0, 60)
    assert local_cache.get_or_compute(1, lambda: 9, 60) == (2, True)
    assert local_cache.get_or_compute(2, lambda: 9, 60) == (9, False)
    local_cache.clear()
    assert local_cache.get_or_compute(1, lambda: 5, 60) == (5, False)
