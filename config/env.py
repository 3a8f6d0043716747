"""Typed reading of environment variables, with `NAME_FILE` for secrets mounted as files."""

import math
import os
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_VALUES = {"1", "true", "yes", "on"}
# By role of process: seconds of a statement, of waiting for a lock, of an open transaction that does nothing.
DATABASE_SECONDS = {
    "web": (30, 10, 60),
    "worker": (900, 60, 3600),
    "beat": (30, 10, 60),
    "command": (0, 120, 0),
}
# About ten seconds of silence tell either side that the other's host is gone; Linux waits two hours, and a
# lost worker keeps its transaction open meanwhile. The limits of libpq, then the same of the server.
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
KEEPALIVE_OPTIONS = " ".join(f"-c tcp_{name}={value}" for name, value in KEEPALIVES.items())
FALSE_VALUES = {"0", "false", "no", "off", ""}


def read_text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that `NAME_FILE` names, or the default.

    Raises ImproperlyConfigured when the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if path and name not in os.environ:
        return _read_file(name, Path(path))
    return os.environ.get(name, default)


def read_boolean(name: str, default: bool) -> bool:
    """Return the variable as a boolean (1/true/yes/on, 0/false/no/off). Raises ImproperlyConfigured."""
    value = read_text(name, str(default)).strip().lower()
    if value in TRUE_VALUES | FALSE_VALUES:
        return value in TRUE_VALUES
    raise ImproperlyConfigured(f"{name} must be one of 1, true, yes, on, 0, false, no, off.")


def read_integer(name: str, default: int | None = None) -> int | None:
    """Return the variable as an integer, or the default when it is not set. Raises ImproperlyConfigured."""
    value = read_text(name).strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None


def read_count(name: str, default: int) -> int:
    """Return the variable as an integer of at least 0. Raises ImproperlyConfigured."""
    value = read_integer(name, default)
    if value is None or value < 0:
        raise ImproperlyConfigured(f"{name} must be 0 or more.")
    return value


def read_share(name: str, default: float) -> float:
    """Return the variable as a number from 0 to 1. Raises ImproperlyConfigured."""
    try:
        value = float(read_text(name, str(default)))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ImproperlyConfigured(f"{name} must be a number from 0 to 1.")
    return value


def read_tracing() -> bool:
    """Return whether traces are sent. Raises ImproperlyConfigured where the packages for it are missing."""
    if not read_text("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.instrumentation") is None:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the extra tracing: install it, or unset the variable."
        )
    return True


def read_list(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty parts."""
    return [part.strip() for part in read_text(name, default).split(",") if part.strip()]


def read_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated variable as networks (`10.0.0.0/8`). Raises ImproperlyConfigured."""
    try:
        return [ip_network(part) for part in read_list(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a list of networks: {error}.") from None


def read_required(name: str, purpose: str) -> str:
    """Return a variable that has no default. Raises ImproperlyConfigured, which names it and its purpose."""
    value = read_text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set ({purpose}). Set {name} or {name}_FILE.")
    return value


def read_transaction_pooling(role: str) -> bool:
    """Return whether the database is reached through a pool that gives each transaction another connection.

    Raises ImproperlyConfigured for a process that is no web process: the locks of training and of jobs belong
    to a session.
    """
    pools = read_boolean("DATABASE_TRANSACTION_POOLING", False)
    if pools and role != "web":
        raise ImproperlyConfigured(
            f"DATABASE_TRANSACTION_POOLING is for web processes, and this is a {role}: leave it out and give "
            "DATABASE_URL the address of PostgreSQL itself."
        )
    return pools


def read_database_timeouts(role: str) -> str:
    """Return the limits of a process of this role, and how soon the server notices that its host is gone.

    They are options of libpq; 0 seconds are no limit. Raises ImproperlyConfigured for an unknown role.
    """
    if role not in DATABASE_SECONDS:
        raise ImproperlyConfigured(f"PROCESS_ROLE must be one of {', '.join(DATABASE_SECONDS)}.")
    statement, lock, idle = DATABASE_SECONDS[role]
    return (
        f"-c statement_timeout={read_count('DATABASE_STATEMENT_SECONDS', statement)}s"
        f" -c lock_timeout={read_count('DATABASE_LOCK_SECONDS', lock)}s"
        f" -c idle_in_transaction_session_timeout={read_count('DATABASE_IDLE_SECONDS', idle)}s"
        f" {KEEPALIVE_OPTIONS}"
    )


def parse_database_url(url: str, options: str = "") -> dict[str, Any]:
    """Return the Django settings of a `postgresql://user:password@host:port/name?option=value` URL.

    `options` are those of libpq where the URL has none. A host with a percent-encoded slash is a socket
    folder. Raises ImproperlyConfigured for other schemes: only PostgreSQL has the locks that are needed.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or read_text("DATABASE_PASSWORD"),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"connect_timeout": 3, **KEEPALIVES, "options": options, **dict(parse_qsl(parts.query))},
    }


def _read_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
