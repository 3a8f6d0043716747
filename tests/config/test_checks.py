"""A wrong configuration is reported with an id and a hint."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage
from django.test import override_settings

from config import checks, deployment_checks, env

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


@override_settings(
    AUDIT_TSA_URL="https://tsa.example", AUDIT_TSA_CERTIFICATES="", AUDIT_FORWARD_URL="ftp://siem.example"
)
def test_receivers_of_the_audit_trail_that_cannot_work_are_refused() -> None:
    assert ids(list(checks.check_audit_receivers())) == ["config.E006", "config.E007"]


@override_settings(EMBEDDED=True)
def test_embedded_servers_in_a_deployment_are_warned_about() -> None:
    assert ids(list(checks.check_embedded_servers())) == ["config.W001"]


@override_settings(
    ALLOWED_HOSTS=[], REDIS_URL="amqp://127.0.0.1", MLFLOW_TRACKING_URI="ftp://registry.example"
)
def test_addresses_that_cannot_work_are_refused() -> None:
    found = [*deployment_checks.check_hosts(), *deployment_checks.check_valkey()]
    assert ids([*found, *deployment_checks.check_registry()]) == ["config.E008", "config.E009", "config.E012"]


@override_settings(FIELD_ENCRYPTION_KEY=["no key"])
def test_an_encryption_key_that_is_none_is_refused() -> None:
    assert ids(list(deployment_checks.check_encryption_keys())) == ["config.E010"]


@override_settings(PROCESS_ROLE="worker", JOBS_DIR="/dev/null/jobs")
def test_a_folder_of_jobs_that_cannot_be_written_is_refused_to_those_who_write_there() -> None:
    assert ids(list(deployment_checks.check_job_folder())) == ["config.E011"]
    with override_settings(PROCESS_ROLE="beat"):
        assert list(deployment_checks.check_job_folder()) == []


@pytest.mark.parametrize(
    ("place", "expected"),
    [("s3://bucket/jobs", []), ("s3:///jobs", ["config.E013"]), ("gs://bucket", ["config.E013"])],
)
def test_an_address_of_files_is_a_folder_or_a_bucket(place: str, expected: list[str]) -> None:
    with override_settings(PROCESS_ROLE="worker", JOBS_DIR=place):
        found = [*deployment_checks.check_job_folder(), *deployment_checks.check_buckets()]
    assert ids(found) == expected


def test_a_bucket_without_the_client_of_s3_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment_checks, "find_spec", lambda _: None)
    with override_settings(EVIDENCE_DIR="s3://bucket/evidence"):
        assert ids(list(deployment_checks.check_buckets())) == ["config.E014"]
    assert list(deployment_checks.check_buckets()) == []


@override_settings(
    EMBEDDED_DATABASE=False, MLFLOW_TRACKING_URI="sqlite:///mlflow.db", PUBLIC_URL="http://127.0.0.1:5001"
)
def test_stores_of_one_host_and_a_missing_address_are_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_DIR", raising=False)
    found = [message for check in deployment_checks.ON_DEPLOYMENT for message in check()]
    assert ids(found) == ["config.W013", "config.W014", "config.W016"]
    monkeypatch.setenv("JOBS_DIR", "/srv/jobs")
    assert list(deployment_checks.check_shared_jobs()) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("?keepalives_idle=20&keepalives_interval=10&keepalives_count=4", []),
        ("?keepalives=0", ["config.W015"]),
        ("?keepalives_idle=7200", ["config.W015"]),
        ("?keepalives_count=0", ["config.W015"]),
    ],
)
def test_a_lost_host_that_is_noticed_late_is_warned_about(
    query: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    described = env.parse_database_url(f"postgresql://app@db.example/app{query}")
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", described["OPTIONS"])
    assert ids(list(deployment_checks.check_keepalives())) == expected


def test_production_without_a_secret_does_not_start_and_names_it() -> None:
    done = manage(
        "check", DATABASE_URL="postgresql://app:app@127.0.0.1:1/app", REDIS_URL="redis://127.0.0.1:1"
    )
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


def test_cookies_of_a_deployment_belong_to_its_host_and_need_https() -> None:
    made = {name: f"{name} of this test only, 0123456789 abcdefghij" for name in checks.KEY_SETTINGS}
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://app:app@127.0.0.1:1/app",
        "REDIS_URL": "redis://127.0.0.1:1",
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        **made,
    }
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    code = f"from config import settings; print(*(getattr(settings, name) for name in {names}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True", "True"]
