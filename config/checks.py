"""System checks of the configuration, each with an id and a hint; `manage.py check --deploy` runs all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

FORWARDING_SCHEMES = ("https://", "syslog+tls://", "syslog+tcp://", "http://127.0.0.1", "http://localhost")
MINIMUM_KEY_LENGTH = 32
KEY_SETTINGS = (
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "NAME_DIGEST_KEY",
    "API_KEY_PEPPER",
    "ARTEFACT_KEY",
    "AUDIT_KEY",
)


def check_keys(**_: Any) -> Sequence[CheckMessage]:
    """Report short keys and keys used for two purposes as errors."""
    values = {name: str(getattr(settings, name)) for name in KEY_SETTINGS}
    short = [
        Error(
            f"{name} is shorter than {MINIMUM_KEY_LENGTH} characters.",
            hint='Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"',
            id="config.E001",
        )
        for name, value in values.items()
        if len(value) < MINIMUM_KEY_LENGTH
    ]
    if len(set(values.values())) == len(values):
        return short
    return [
        *short,
        Error("Two keys have the same value.", hint="Give each purpose its own.", id="config.E002"),
    ]


def check_fallback_keys(**_: Any) -> Sequence[CheckMessage]:
    """Report short fallback keys as errors: tokens signed with them are accepted while they are listed."""
    return [
        Error(
            f"{name} holds a key shorter than {MINIMUM_KEY_LENGTH} characters.",
            hint="List whole keys, comma-separated, or leave it out.",
            id="config.E005",
        )
        for name in ("SECRET_KEY_FALLBACKS", "JWT_SIGNING_KEY_FALLBACKS", "AUDIT_KEY_FALLBACKS")
        if any(len(key) < MINIMUM_KEY_LENGTH for key in getattr(settings, name))
    ]


def check_cache(**_: Any) -> Sequence[CheckMessage]:
    """Report a cache that processes do not share: rate limits and model swaps would differ per process."""
    backend = settings.CACHES["default"]["BACKEND"]
    if backend == "django.core.cache.backends.redis.RedisCache":
        return []
    return [
        Error(f"The cache {backend} is not shared by the processes.", hint="Set REDIS_URL.", id="config.E003")
    ]


def check_proxies(**_: Any) -> Sequence[CheckMessage]:
    """Report an unknown number of proxies: a forged header could then reset every rate limit."""
    if settings.NUM_PROXIES is not None:
        return []
    return [
        Error(
            "NUM_PROXIES is not set.",
            hint="Set it to the number of proxies in front of the web server, 0 if there is none.",
            id="config.E004",
        )
    ]


def check_audit_receivers(**_: Any) -> Sequence[CheckMessage]:
    """Report receivers of the audit trail that cannot be used: they would fail unnoticed until an alert."""
    found = []
    if settings.AUDIT_TSA_URL and not Path(settings.AUDIT_TSA_CERTIFICATES).is_file():
        hint = "Name a PEM file with the certificates of the authority, or leave AUDIT_TSA_URL out."
        found.append(Error("AUDIT_TSA_CERTIFICATES is not a file.", hint=hint, id="config.E006"))
    if settings.AUDIT_FORWARD_URL and not settings.AUDIT_FORWARD_URL.startswith(FORWARDING_SCHEMES):
        hint = "Begin it with https://, syslog+tls:// or syslog+tcp://."
        found.append(Error("AUDIT_FORWARD_URL has an unknown scheme.", hint=hint, id="config.E007"))
    return found


def check_embedded_servers(**_: Any) -> Sequence[CheckMessage]:
    """Warn when a deployment uses the embedded servers, which are made for evaluation only."""
    if not settings.EMBEDDED:
        return []
    return [
        Warning(
            "The embedded PostgreSQL or Valkey is in use.",
            hint="Set DATABASE_URL and REDIS_URL.",
            id="config.W001",
        )
    ]
