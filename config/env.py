"""Typed reading of environment variables, with `NAME_FILE` for secrets mounted as files."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_VALUES = {"1", "true", "yes", "on"}
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


def read_list(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty parts."""
    return [part.strip() for part in read_text(name, default).split(",") if part.strip()]


def read_required(name: str, purpose: str) -> str:
    """Return a variable that has no default. Raises ImproperlyConfigured, which names it and its purpose."""
    value = read_text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set ({purpose}). Set {name} or {name}_FILE.")
    return value


def parse_database_url(url: str) -> dict[str, Any]:
    """Return the Django settings of a `postgresql://user:password@host:port/name?option=value` URL.

    A host with a percent-encoded slash is a socket folder. Raises ImproperlyConfigured for other schemes:
    the project needs the constraints and locks of PostgreSQL.
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
        "OPTIONS": {"connect_timeout": 3, **dict(parse_qsl(parts.query))},
    }


def _read_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
