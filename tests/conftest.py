"""Fixtures of all tests: the servers, a migrated database for each process, and no state left behind."""

import fcntl
import hashlib
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from config.local.embedded import EmbeddedServers, get_home_folder
from config.local.process import ServerError
from config.settings_test import TEST_SERVERS
from experiments import enrolment
from matching.compare import sampling
from matching.compare.cached_compare import comparison_cache
from matching.serving.live_models import get_model_loader
from modelops.serving import loader
from tests.object_store import connect, object_store

# Written by migrations: roles and what they may do.
KEPT_BY_FLUSH = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}
TEMPLATE_PREFIX = "migrated_"
SCHEMA_FILES = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "accounts/auth/roles.py",
    "requirements.lock",
)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[EmbeddedServers]:
    """The PostgreSQL and the Valkey of the test settings, started by the first test that needs them."""
    with TEST_SERVERS.hold():
        if TEST_SERVERS.valkey.build_url() != django_settings.REDIS_URL:
            raise ServerError("Another program took the reserved port: run the tests again.")
        yield TEST_SERVERS


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    embedded_servers: EmbeddedServers,
) -> None:
    """Clone the database of each process from one migrated template, which later runs use again."""
    with (
        django_db_blocker.unblock(),
        (get_home_folder() / "template.lock").open("a") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection.settings_dict["TEST"]["TEMPLATE"] = prepare_template()


def prepare_template() -> str:
    """Return the name of a database migrated by this very program; make it when it is missing."""
    name = TEMPLATE_PREFIX + compute_schema_digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATE_PREFIX])
        databases = {row[0] for row in cursor.fetchall()}
        if name in databases:
            return name
        for outdated in databases:
            cursor.execute(f'DROP DATABASE "{outdated}"')
        draft = migrate_database(f"{TEMPLATE_PREFIX}draft")
        cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def compute_schema_digest() -> str:
    """Return a digest of every file that decides what a migrated database holds."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SCHEMA_FILES for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def migrate_database(name: str) -> str:
    """Create a database, run all migrations in it, and leave the settings as they were."""
    names = connection.settings_dict
    original, original_test = names["NAME"], names["TEST"]["NAME"]
    names["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
    finally:
        names["NAME"], names["TEST"]["NAME"] = original, original_test
    return name


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
def isolated_state(embedded_servers: EmbeddedServers) -> Iterator[None]:
    """Give each test a cache, a throttle and a model loader of its own, and leave no draw to chance.

    A loader that remembers another test's models would load in the background, past the test's transaction,
    fail there, and leave an alert behind. Folders of tests without Django override this fixture.
    """
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0), 3600)
    yield
    cache.clear()
    comparison_cache.clear()
    get_model_loader.cache_clear()


@pytest.fixture(autouse=True)
def own_job_files(settings: Settings, tmp_path: Path) -> None:
    """Give the bulk jobs of each test a folder of their own; overridden like the fixture above."""
    settings.JOBS_DIR = str(tmp_path / "jobs")


@pytest.fixture(scope="session")
def store_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run an object store, and return the variables by which its clients find it."""
    with object_store(tmp_path_factory.mktemp("store")) as variables:
        yield variables


@pytest.fixture
def bucket(store_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of an empty bucket with object lock; this process finds its store."""
    for name, value in store_variables.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{uuid4().hex}"
    connect(store_variables).create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def own_registry(settings: Settings, tmp_path: Path) -> None:
    """Give the test an empty MLflow store of its own."""
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{tmp_path}/mlflow.db"
    settings.MLFLOW_ARTIFACT_ROOT = str(tmp_path / "artifacts")


@pytest.fixture
def single_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a process reads once a second be read once by the test, however slow the machine is."""
    enrolment.forget_running_experiments()
    monkeypatch.setattr(enrolment, "REFRESH_SECONDS", 3600.0)
    monkeypatch.setattr(loader, "_POLL_SECONDS", 3600.0)


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a training choose between two small candidates instead of all."""
    fitting = importlib.import_module("modelops.training.fitting")
    build_candidates = fitting.build_candidates

    def build_few(monotone: Sequence[int], seed: int) -> dict[str, Any]:
        every = build_candidates(monotone, seed)
        trees = every["boosted small trees"].set_params(max_iter=20)
        return {"logistic C=0.3": every["logistic C=0.3"], "boosted small trees": trees}

    monkeypatch.setattr(fitting, "build_candidates", build_few)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[EmbeddedServers]:
    """Embedded servers that the test may start, stop and kill."""
    embedded = EmbeddedServers(tmp_path / "a folder", durable=False)
    yield embedded
    for server in (embedded.postgres, embedded.valkey):
        server.stop()
