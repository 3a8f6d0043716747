"""The gunicorn worker: threads work on requests that have arrived, never on those that are still coming.

gunicorn's threads wait for a request's bytes themselves, so as many slow clients as there are threads stop
everything. Here the main loop of the worker, which waits for nobody, collects the head of a request and a
short body, as a buffering proxy would, and answers ``/health`` itself.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import socket
import struct
import time
from functools import cache, partial
from importlib import import_module
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
"""Time within which a request must have arrived, its body only up to :data:`MAX_BUFFERED_BODY`."""
IDLE_SECONDS = 10
"""Silence in the middle of a longer body after which the connection is given up."""
MAX_HEAD = 64 * 1024
MAX_BUFFERED_BODY = 64 * 1024
MAX_DISCARDED_BODY = 8 * 2**20
"""Bytes of a refused body that are taken and thrown away."""
ACCEPT_PAUSE_SECONDS = 0.5
"""Time without new connections after the kernel had no descriptor or memory for one."""
_RECEIVE_BYTES = 64 * 1024
# Of one connection that ended before it was accepted, or of the network it came from: accept(2).
_CONNECTION_ERRORS = frozenset(
    {
        errno.EAGAIN,
        errno.ECONNABORTED,
        errno.ENETDOWN,
        errno.EPROTO,
        errno.ENOPROTOOPT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EPERM,
    }
)
_LISTENER_ERRORS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP})
_HEALTH_REQUEST = re.compile(rb"GET /health(?:\?[^ ]*)? HTTP/1\.[01]\r\n")
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})[ \t]*\r\n", re.IGNORECASE)
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@cache
def _build_healthy_answer() -> bytes:
    """Return the answer of a worker that lives, with its engine, which the arbiter does not load."""
    body = json.dumps({"status": "ok", "engine": import_module("matching.engine").EXECUTION})
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}".encode()


class BufferingWorker(ThreadWorker):
    """Worker with threads that are given whole requests. Needs plain HTTP/1.1: a proxy ends TLS."""

    _accepts_again_at = 0.0

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Wait for events and call back for each whose socket is still registered as it was then.

        A callback may close a listener or a connection that has an event of its own in the same batch, and
        the next connection may get the number of the closed one.
        """
        for key, _ in self.poller.select(timeout):
            if self.poller.get_map().get(key.fd) is key:
                key.data(key.fileobj)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and wait for its request; when there are too many, the oldest wait ends."""
        try:
            client, address = listener.accept()
        except OSError as error:
            self._handle_accept_error(error)
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", IDLE_SECONDS, 0))
        self._await_request(TConn(self.cfg, client, address, listener.getsockname()), b"")
        if self.nr_conns >= self.worker_connections - self.cfg.threads:
            self._drop(self.pending_conns[0])

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Accept connections or stop; what is not accepted waits in the kernel until a pause has passed."""
        if not enabled or time.monotonic() >= self._accepts_again_at:
            super().set_accept_enabled(enabled)

    def _handle_accept_error(self, error: OSError) -> None:
        """Go on after an error of one connection; without descriptors or memory free one and pause.

        The connection that could not be accepted keeps the listener readable: without a pause the loop would
        turn without end. Raises the error of a listener that is none any more.
        """
        if error.errno in _LISTENER_ERRORS:
            raise error
        if error.errno in _CONNECTION_ERRORS:
            return
        self.log.error("Connections are not accepted for a moment: %s", error.strerror)
        self._accepts_again_at = time.monotonic() + ACCEPT_PAUSE_SECONDS
        self.set_accept_enabled(False)
        if self.pending_conns:
            self._drop(self.pending_conns[0])

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Wait for the next request on a connection that was kept alive."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn, conn.parser.unreader.take_buffered())
        self._receive(conn, client)

    def handle(self, conn: Any) -> Any:
        """Handle a request, then take what is left of a body that was refused before it had been read.

        A connection that is closed with unread bytes is reset, and the refusal is lost with it.
        """
        result = super().handle(conn)
        if result is False and conn.parser is not None:
            with contextlib.suppress(OSError, ParseException):
                conn.parser.finish_body(time.monotonic() + IDLE_SECONDS, MAX_DISCARDED_BODY)
        return result

    def drop_silent_connections(self) -> None:
        """Close the connections on which no request is under way; the others are answered."""
        for conn in list(self.keepalived_conns):
            if _has_data(conn.sock):
                self.on_client_socket_readable(conn, conn.sock)
            else:
                self.poller.unregister(conn.sock)
                self.keepalived_conns.remove(conn)
                self.nr_conns -= 1
                conn.close()
        for waiting in list(self.pending_conns):
            self._take_or_drop(waiting)

    def _take_or_drop(self, conn: Any) -> None:
        if _has_data(conn.sock):
            self._receive(conn, conn.sock)
        elif not conn.received:
            self._drop(conn)

    def _await_request(self, conn: Any, received: bytes) -> None:
        conn.received = bytearray(received)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: Any, client: socket.socket) -> None:
        """Take what has arrived; hand over the request when it is whole."""
        try:
            data = client.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.received += data
        if not data:
            self._drop(conn)
        elif _HEALTH_REQUEST.match(conn.received) and b"\r\n\r\n" in conn.received:
            self._answer(conn, _build_healthy_answer())
        elif is_whole(conn.received):
            self._hand_over(conn)
        elif len(conn.received) > MAX_HEAD + MAX_BUFFERED_BODY:
            self._answer(conn, _HEAD_TOO_LARGE)

    def _hand_over(self, conn: Any) -> None:
        self._stop_waiting(conn)
        conn.init()
        conn.data_ready = True
        conn.parser.unreader.unread(bytes(conn.received))
        conn.received.clear()
        self.enqueue_req(conn)

    def _answer(self, conn: Any, response: bytes) -> None:
        """Answer without a thread; a client that does not take a few bytes at once gets none."""
        try:
            conn.sock.send(response)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._drop(conn)

    def _drop(self, conn: Any) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()

    def _stop_waiting(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)


def _has_data(client: socket.socket) -> bool:
    """Return whether bytes have arrived that nobody has read yet."""
    try:
        return bool(client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError:
        return False


def is_whole(received: bytes | bytearray) -> bool:
    """Return whether a head has arrived, with its body where that is short.

    A longer body, or one whose length the head does not say, is left to the thread.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    stated = _CONTENT_LENGTH.search(received, 0, end + 2)
    length = int(stated[1]) if stated else 0
    return length > MAX_BUFFERED_BODY or len(received) >= end + 4 + length
