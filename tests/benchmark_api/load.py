"""A load generator that costs little: threads, kept connections, requests made ready beforehand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from statistics import quantiles
from typing import NamedTuple

_BUFFER = 65_536


class Load(NamedTuple):
    """What came of a load: answers a second, and latencies in seconds, sorted."""

    rate: float
    latencies: list[float]
    failures: int

    def percentile(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        return 1000 * quantiles(self.latencies, n=1000)[round(share * 1000) - 1]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    fields = {"Host": "127.0.0.1", **headers, **({"Content-Length": str(len(body))} if body else {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def saturated(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Ask as fast as answers come, over so many connections."""
    ends = time.perf_counter() + seconds
    return _run(port, requests, connections, lambda _number: time.perf_counter() < ends)


def paced(port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float) -> Load:
    """Ask at a rate; a latency counts from when the request was due, so that waiting is not forgotten."""
    return _run(port, requests, connections, lambda number: number < rate * seconds, rate)


def in_turn(port: int, requests: Sequence[bytes], number: int) -> Load:
    """Ask so many times over one connection, each after the answer before."""
    return _run(port, requests, 1, lambda at: at < number)


def _run(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    goes_on: Callable[[int], bool],
    rate: float | None = None,
) -> Load:
    numbers, started = count(), time.perf_counter()
    results: list[tuple[list[float], int]] = []
    threads = [
        threading.Thread(target=lambda: results.append(_ask(port, requests, numbers, goes_on, started, rate)))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    latencies = sorted(latency for part, _ in results for latency in part)
    return Load(len(latencies) / taken, latencies, sum(failures for _, failures in results))


def _ask(
    port: int,
    requests: Sequence[bytes],
    numbers: Iterator[int],
    goes_on: Callable[[int], bool],
    started: float,
    rate: float | None,
) -> tuple[list[float], int]:
    """One connection; returns latencies and how many answers were no success."""
    latencies, failures = [], 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while goes_on(number := next(numbers)):
            due = time.perf_counter() if rate is None else started + number / rate
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            connection.sendall(requests[number % len(requests)])
            failures += not _answer(connection).startswith(b"HTTP/1.1 20")
            latencies.append(time.perf_counter() - due)
    return latencies, failures


def _answer(connection: socket.socket) -> bytes:
    """Read one answer with a length; return its head."""
    held = b""
    while b"\r\n\r\n" not in held:
        part = connection.recv(_BUFFER)
        if not part:
            raise ConnectionError("the server closed the connection")
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < size:
        body += connection.recv(_BUFFER)
    return head
