"""One HTTP POST to a receiver: a webhook, a collector of audit events, a time-stamp authority.

It goes only to hosts that may be reached, within a bounded time, without redirects. The host is resolved once
and the connection goes to an address that was checked, so a name that resolves differently the second time
(DNS rebinding) reaches nothing. TLS still verifies the certificate of the name. Proxies of the environment
are not used: a proxy would resolve the name again.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from accounts.http_address import (
    Networks,
    ReceiverAddress,
    ReceiverAddressError,
    parse_permitted_address,
    require_permitted,
)

_TIMEOUT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status of an answer, the beginning of its body, and its header ``Retry-After``."""

    status: int
    body: bytes
    retry_after: str


class ReceiverError(OSError):
    """The receiver cannot be reached or refused; the message says why and holds nothing that was sent."""


def post_to_operator(address: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Post to a receiver that the operator configured, in any network; return the body of its answer.

    Raises :class:`ReceiverError` unless the answer says that it was accepted.
    """
    try:
        answer = post(address, body, headers, None, _TIMEOUT_SECONDS)
    except ReceiverAddressError as error:
        raise ReceiverError(str(error)) from None
    except OSError as error:
        raise ReceiverError(f"the receiver cannot be reached: {describe_failure(error)}") from None
    except http.client.HTTPException as error:
        raise ReceiverError(f"the receiver answered no HTTP: {type(error).__name__}") from None
    if not 200 <= answer.status < 300:
        raise ReceiverError(f"the receiver answered {answer.status}")
    return answer.body


def describe_failure(error: OSError) -> str:
    """Return in a few words why a receiver cannot be reached."""
    return error.strerror or str(error) or type(error).__name__


def post(
    address: str, body: bytes, headers: Mapping[str, str], allowed: Networks | None, seconds: float
) -> HttpAnswer:
    """Post a body and return the answer, whatever its status; it takes ``seconds`` at most.

    ``allowed`` holds the networks that may be reached although they are not public, ``None`` stands for all.

    Raises ``ReceiverAddressError`` for an address that may not be reached, ``OSError`` (``TimeoutError``)
    and ``http.client.HTTPException`` when no answer comes.
    """
    deadline = time.monotonic() + seconds
    receiver = parse_permitted_address(address, allowed)  # before the name is looked up
    ips = _resolve(receiver, seconds)
    require_permitted(receiver, ips, allowed)
    with _connect(ips, receiver, deadline) as connection:
        connection.request("POST", receiver.target, body, dict(headers))
        answer = connection.getresponse()
        return HttpAnswer(
            answer.status, answer.read(_MAX_ANSWER_BYTES), answer.headers.get("Retry-After", "")
        )


def _resolve(receiver: ReceiverAddress, seconds: float) -> list[str]:
    """Return the IP addresses of the host. Raises ``OSError``."""
    # In a thread, because getaddrinfo takes no time limit.
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="receiver-dns")
    try:
        question = pool.submit(socket.getaddrinfo, receiver.host, receiver.port, type=socket.SOCK_STREAM)
        return [str(place[0]) for *_, place in question.result(seconds)]
    finally:
        pool.shutdown(wait=False)


def _open_socket(ips: Sequence[str], port: int, deadline: float) -> socket.socket:
    """Connect to the first address that answers. Raises the ``OSError`` of the last one."""
    for ip in ips[:-1]:
        with suppress(OSError):
            return socket.create_connection((ip, port), timeout=max(0.1, deadline - time.monotonic()))
    return socket.create_connection((ips[-1], port), timeout=max(0.1, deadline - time.monotonic()))


@contextmanager
def _connect(
    ips: Sequence[str], receiver: ReceiverAddress, deadline: float
) -> Iterator[http.client.HTTPConnection]:
    """Connect to an address of the host and close the connection at the deadline (monotonic seconds)."""
    sock = _open_socket(ips, receiver.port, deadline)
    if receiver.is_encrypted:
        context = ssl.create_default_context()
        sock = context.wrap_socket(sock, server_hostname=receiver.host, do_handshake_on_connect=False)
    connection = http.client.HTTPConnection(receiver.host, receiver.port)
    connection.sock = sock
    with closing(connection), _shut_down_at(sock, deadline):
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        yield connection


@contextmanager
def _shut_down_at(sock: socket.socket, deadline: float) -> Iterator[None]:
    """Shut a connection down at the deadline and raise ``TimeoutError`` then.

    The timeout of a socket bounds one read; a receiver that sends a byte now and then would never reach it.
    """
    is_over = threading.Event()

    def shut_down() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if is_over.is_set():  # also after an answer: it was cut, which http.client does not always notice
            raise TimeoutError("no complete answer in time")
