"""Messages to a syslog collector over TCP: RFC 5424, framed by counting octets (RFC 6587), TLS (RFC 5425)."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

SYSLOG_SCHEMES = ("syslog+tls", "syslog+tcp")

Message = tuple[datetime, str, str]
"""Time, message id (the action) and text of a message."""

_TIMEOUT_SECONDS = 10.0
_DEFAULT_PORTS = {"syslog+tls": 6514, "syslog+tcp": 601}
_PRIORITY = 13 * 8 + 6
"""Facility 13 (log audit), severity 6 (informational)."""


def format_message(at: datetime, message_id: str, text: str) -> bytes:
    """Return one message of RFC 5424; the text is UTF-8 and begins with a byte order mark."""
    header = (
        f"<{_PRIORITY}>1 {at.isoformat()} {socket.gethostname()[:255]} legal-names - {message_id[:32]} - "
    )
    return header.encode("ascii", "replace") + b"\xef\xbb\xbf" + text.encode()


def send_messages(address: str, messages: Iterable[Message]) -> None:
    """Send messages on one connection and wait until the collector has closed it, so that it has read all.

    ``syslog+tls://host:port`` verifies the certificate. Raises ``OSError`` for anything else than that.
    """
    parts = urlsplit(address)
    with _connect(parts) as connection:
        for at, message_id, text in messages:
            frame = format_message(at, message_id, text)
            connection.sendall(b"%d " % len(frame) + frame)
        _finish(connection)


def _connect(parts: SplitResult) -> socket.socket:
    host = parts.hostname or ""
    plain = socket.create_connection((host, parts.port or _DEFAULT_PORTS[parts.scheme]), _TIMEOUT_SECONDS)
    if parts.scheme == "syslog+tcp":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _finish(connection: socket.socket) -> None:
    """Say that nothing more comes, and read until the collector closes. Raises ``OSError`` when it resets."""
    if isinstance(connection, ssl.SSLSocket):
        # Collectors may close without TLS's own farewell; a connection that they reset is another error.
        with contextlib.suppress(ssl.SSLEOFError):
            connection.unwrap()
        return
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1_024):
        pass
