"""When a request is whole, so that a thread may work on it, and events of sockets that have been closed."""

import errno
import logging
import os
import resource
import selectors
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config

from config.process import shutdown
from config.process.web_worker import MAX_BUFFERED_BODY, BufferingWorker, is_whole

HEAD = b"POST /api/v1/compare HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True),
        (HEAD, False),
        (HEAD + b"1234", False),
        (HEAD + b"12345", True),
        (HEAD.replace(b"Content-Length: 5", b"content-length:%d" % (MAX_BUFFERED_BODY + 1)), True),
        (HEAD.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked"), True),
        (b"GET / HTTP/1.1\r\n\r\nContent-Length: 5\r\n", True),
    ],
)
def test_a_request_is_whole_with_its_head_and_its_short_body(received: bytes, whole: bool) -> None:
    assert is_whole(received) is whole


@pytest.fixture
def worker() -> Iterator[BufferingWorker]:
    """A worker of the real class with two listeners, whose loop the test turns by hand."""
    unused: Any = None  # the application is asked for nothing here
    log: Any = logging.getLogger("gunicorn.error")
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    worker = BufferingWorker(0, 0, listeners, unused, 30, Config(), log)
    worker.poller, worker.tpool = selectors.DefaultSelector(), ThreadPoolExecutor(1)
    worker.method_queue.init()
    worker.set_accept_enabled(True)
    yield worker
    worker.drop_silent_connections()
    for listener in listeners:
        listener.close()
    worker.poller.close()
    worker.tpool.shutdown()
    worker.method_queue.close()


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Connections that are closed after the test."""
    with ExitStack() as stack:
        yield stack


def connect(clients: ExitStack, listener: socket.socket) -> socket.socket:
    """Return a connection that waits to be accepted."""
    return clients.enter_context(socket.create_connection(listener.getsockname(), timeout=60))


def test_a_listener_closed_by_an_earlier_event_of_the_batch_accepts_nobody(
    worker: BufferingWorker, clients: ExitStack
) -> None:
    """The end of a worker closes its listeners while another of them has an event in the same batch."""
    for listener in worker.sockets:
        connect(clients, listener)
    first, second = worker.sockets
    worker.poller.modify(first, selectors.EVENT_READ, lambda _: shutdown._refuse_connections(worker))
    worker.poller.modify(second, selectors.EVENT_READ, lambda _: shutdown._refuse_connections(worker))
    assert len(worker.poller.select(60)) == 2
    worker.wait_for_and_dispatch_events(60)
    assert [listener.fileno() for listener in worker.sockets] == [-1, -1]
    assert not worker.pending_conns


def test_a_connection_dropped_by_an_earlier_event_of_the_batch_is_not_read(
    worker: BufferingWorker, clients: ExitStack
) -> None:
    """Too many waiting connections end the oldest, whose bytes may have arrived in the same batch."""
    worker.worker_connections = worker.cfg.threads + 2
    oldest = connect(clients, worker.sockets[0])
    worker.wait_for_and_dispatch_events(60)
    assert len(worker.pending_conns) == 1
    connect(clients, worker.sockets[0])  # its event comes first
    oldest.sendall(b"GET / HTTP/1.1\r\n")
    while len(worker.poller.select(60)) < 2:
        pass
    worker.wait_for_and_dispatch_events(60)
    with pytest.raises(ConnectionResetError):  # what it sent was never read
        oldest.recv(1)
    assert worker.nr_conns == len(worker.pending_conns) == 1


@contextmanager
def without_descriptors() -> Iterator[None]:
    """Leave this process no file descriptor: the kernel answers EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(link.name) for link in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for number in taken:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_descriptors_the_worker_frees_one_pauses_and_then_accepts_who_waited(
    worker: BufferingWorker, clients: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    listener = worker.sockets[0]
    oldest, waiting = connect(clients, listener), connect(clients, listener)
    worker.wait_for_and_dispatch_events(60)
    assert len(worker.pending_conns) == 1
    with without_descriptors():
        worker.wait_for_and_dispatch_events(60)
    assert "Too many open files" in caplog.text
    assert oldest.recv(1) == b""
    assert (worker.nr_conns, len(worker.pending_conns)) == (0, 0)
    worker.set_accept_enabled(True)  # as the loop asks at every turn
    assert worker.poller.select(0) == []  # the listener is readable, and nobody turns because of it
    worker._accepts_again_at = 0.0
    worker.set_accept_enabled(True)
    waiting.sendall(b"GET")
    worker.wait_for_and_dispatch_events(60)
    assert len(worker.pending_conns) == 1


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EHOSTUNREACH, errno.EPROTO])
def test_an_error_of_one_connection_stops_nobody(worker: BufferingWorker, number: int) -> None:
    worker._handle_accept_error(OSError(number, os.strerror(number)))
    assert {worker.poller.get_map()[listener.fileno()].fd for listener in worker.sockets}


def test_a_listener_that_is_none_ends_the_worker(worker: BufferingWorker) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        worker._handle_accept_error(OSError(errno.EBADF, os.strerror(errno.EBADF)))
