"""Ports of 127.0.0.1 for servers that are started here."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
BELOW_OUTGOING = range(10_000, 32_768)
"""Ports that Linux gives to no outgoing connection (net.ipv4.ip_local_port_range begins above)."""
_DRAW = random.SystemRandom()
_given: set[int] = set()


def find_free_port() -> int:
    """Return a port that nobody uses now, and a different one each time.

    Port 0 would leave the choice to the kernel, which may choose one port twice before a server takes it, or
    give it to an outgoing connection in between.
    """
    while True:
        port = _DRAW.choice(BELOW_OUTGOING)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def read_port(port_file: Path) -> int:
    """Return the port in the file, or 1 without one: nothing listens there, so a connection is refused."""
    try:
        return int(port_file.read_text())
    except (OSError, ValueError):
        return 1


def reserve_port(port_file: Path) -> int:
    """Return the port of the last start if it is still free, else another one, which the file holds then."""
    port = read_port(port_file)
    if port < 1024 or not _is_free(port):
        port = find_free_port()
    port_file.parent.mkdir(parents=True, exist_ok=True)
    port_file.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do; otherwise connections that ended a moment ago would look like another server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
