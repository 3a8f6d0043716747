"""What every test may ask for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings

from config.local.embedded import EmbeddedServers
from matching.compare import sampling
from matching.compare.cached_compare import comparison_cache
from matching.serving.live_models import get_model_loader

# Written by migrations: roles and what they may do.
KEPT_BY_FLUSH = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_audit_triggers() -> Iterator[None]:
    """Let the flush after a transactional test empty the append-only tables and keep the roles.

    The triggers stay on while tests run; only the flush itself acts as a replica, which they ignore.
    """
    operations = type(connection.ops)
    original = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        statements = original(self, style, [name for name in tables if name not in KEPT_BY_FLUSH], **options)
        return [
            "SET session_replication_role = replica",
            *statements,
            "SET session_replication_role = origin",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Give each test a cache and a throttle of its own."""
    yield
    cache.clear()
    comparison_cache.clear()


@pytest.fixture(autouse=True)
def own_loader() -> Iterator[None]:
    """Give each test a loader of its own.

    One that remembers another test's models would load in the background, past the test's transaction, fail
    there, and leave an alert behind.
    """
    yield
    get_model_loader.cache_clear()


@pytest.fixture(autouse=True)
def no_dice() -> None:
    """Let chance send nothing to a second reviewer and slip in no known answer, unless a test asks for it."""
    sampling.cache_policy(sampling.SamplingPolicy(second=0, gold=0), 3600)


@pytest.fixture(autouse=True)
def own_job_files(settings: Settings, tmp_path: Path) -> None:
    """Give the bulk jobs of each test a folder of their own."""
    settings.JOBS_DIR = str(tmp_path / "jobs")


@pytest.fixture
def own_registry(settings: Settings, tmp_path: Path) -> None:
    """Give the test an empty MLflow store of its own."""
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{tmp_path}/mlflow.db"
    settings.MLFLOW_ARTIFACT_ROOT = str(tmp_path / "artifacts")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[EmbeddedServers]:
    """Embedded servers that the test may start, stop and kill."""
    embedded = EmbeddedServers(tmp_path / "a folder", durable=False)
    yield embedded
    for server in (embedded.postgres, embedded.valkey):
        server.stop()
