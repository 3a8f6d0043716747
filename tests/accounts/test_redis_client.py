"""The connection of a thread to Redis survives closed connections and forks."""

import os
import threading
from typing import Any

import pytest
import redis

from accounts.redis_client import breaker, call_redis


@pytest.fixture(autouse=True)
def listening() -> None:
    breaker.reset()


def number(store: redis.Redis) -> Any:
    """Return the id that Redis gives to the connection of this thread."""
    return store.client_id()


def in_thread() -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call_redis(number)))
    thread.start()
    thread.join()
    return results[0]


def test_a_thread_keeps_its_connection_and_shares_it_with_none() -> None:
    mine = call_redis(number)
    assert call_redis(number) == mine
    assert in_thread() != mine


def test_a_connection_that_the_store_closed_is_opened_again_without_a_failure() -> None:
    mine = call_redis(number)

    def cut() -> None:
        call_redis(lambda store: store.client_kill_filter(_id=str(mine)))

    thread = threading.Thread(target=cut)
    thread.start()
    thread.join()
    assert call_redis(number) != mine
    assert not breaker.is_open


def test_a_forked_process_opens_its_own() -> None:
    mine, (reading, writing) = call_redis(number), os.pipe()
    child = os.fork()
    if child == 0:  # the child reports its id and exits without the clean-up of its parent
        try:
            os.write(writing, str(call_redis(number)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)  # otherwise the read would wait for ever if the child wrote nothing
    assert int(os.read(reading, 100)) != mine
    assert call_redis(number) == mine
