"""A wrong configuration is reported with an id and a hint."""

import os
import subprocess
import sys

from django.conf import settings
from django.core.checks import CheckMessage
from django.test import override_settings

from config import checks

LONG = "a key long enough to be a key of its own"


def ids(messages: list[CheckMessage]) -> list[str | None]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **environment}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=clean, capture_output=True, text=True, check=False
    )


def test_generated_keys_pass() -> None:
    assert ids(list(checks.check_keys())) == []


@override_settings(API_KEY_PEPPER="short")
def test_short_key_is_refused() -> None:
    assert ids(list(checks.check_keys())) == ["config.E001"]


@override_settings(API_KEY_PEPPER=LONG, ARTEFACT_KEY=LONG)
def test_one_key_for_two_purposes_is_refused() -> None:
    assert ids(list(checks.check_keys())) == ["config.E002"]


@override_settings(JWT_SIGNING_KEY_FALLBACKS=[LONG, "short"])
def test_a_short_older_key_is_refused() -> None:
    assert ids(list(checks.check_fallback_keys())) == ["config.E005"]


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
def test_cache_of_one_process_is_refused() -> None:
    assert ids(list(checks.check_cache())) == ["config.E003"]


@override_settings(NUM_PROXIES=None)
def test_unknown_number_of_proxies_is_refused() -> None:
    assert ids(list(checks.check_proxies())) == ["config.E004"]


@override_settings(EMBEDDED=True)
def test_embedded_servers_in_a_deployment_are_warned_about() -> None:
    assert ids(list(checks.check_embedded_servers())) == ["config.W001"]


def test_production_without_a_secret_does_not_start_and_names_it() -> None:
    done = manage(
        "check", DATABASE_URL="postgresql://app:app@127.0.0.1:1/app", REDIS_URL="redis://127.0.0.1:1"
    )
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
