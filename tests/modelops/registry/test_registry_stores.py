"""MLflow on a PostgreSQL store with artefacts in S3; predictions never depend on it."""

from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from modelops import tasks
from modelops.models import Alert
from modelops.registry import mlflow_registry
from modelops.registry.mlflow_registry import REGISTERED_MODEL
from modelops.tasks import mirror_registry_aliases
from tests.models import installed, promoted, scoring_version
from tests.people import person


@pytest.fixture
def tracking_database() -> Iterator[str]:
    """A PostgreSQL database of MLflow's own."""
    here, name = connection.settings_dict, f"mlflow_{connection.settings_dict['NAME']}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"postgresql+psycopg2://{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.django_db(transaction=True)
def test_versions_are_logged_to_postgresql_and_s3_and_aliases_follow_what_is_live(
    bucket: str, tracking_database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MLFLOW_TRACKING_URI = tracking_database
    settings.MLFLOW_ARTIFACT_ROOT = f"s3://{bucket}/artifacts"
    first, second = installed().model, scoring_version("2")
    for version in (first, second):
        files = {"model.json": bytes(version.artefact.content)}
        logged = mlflow_registry.log_version(version.name, version.version, files, {"rows": 1}, {"f1": 0.5})
        type(version).objects.filter(pk=version.pk).update(mlflow_run_id=logged.run_id)
        assert logged.source.startswith(f"s3://{bucket}/artifacts")
        assert mlflow_registry.fetch_file(logged.run_id, "model.json") == files["model.json"]
    stored = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sum(entry["Key"].endswith("/model.json") for entry in stored) == 2
    assert sum(entry["Key"].endswith("/MLmodel") for entry in stored) == 2
    promoted(second)
    assert mlflow_registry.find_wrong_aliases(timezone.now()) == ["champion", "previous"]
    assert mirror_registry_aliases() == {"champion": "2", "previous": "1"}
    assert not Alert.objects.exists()
    monkeypatch.setattr(tasks, "ALIAS_GRACE_PERIOD", timedelta(0))
    mlflow_registry.create_client().set_registered_model_alias(REGISTERED_MODEL, "champion", "1")
    assert mirror_registry_aliases() == {"champion": "2", "previous": "1"}
    assert mlflow_registry.find_wrong_aliases(timezone.now()) == []
    alert = Alert.objects.get()
    assert (alert.rule, alert.state, alert.observation) == (
        "registry_disagrees",
        "firing",
        "aliases set again: champion",
    )


@pytest.mark.django_db
def test_a_store_that_does_not_answer_touches_no_answer_and_is_told(settings: Settings) -> None:
    installed()
    settings.MLFLOW_TRACKING_URI = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
    assert (
        compare_and_store(person(), CompareRequest("Acme, Inc.", "ACME Incorporated")).verdict == "immaterial"
    )
    for _ in range(3):
        assert mirror_registry_aliases() == {}
    assert "does not answer" in Alert.objects.get(rule="registry_silent", state="firing").observation


@pytest.mark.django_db
@pytest.mark.usefixtures("own_registry")
def test_a_version_that_was_logged_under_another_name_is_registered_when_it_is_live() -> None:
    version = installed().model
    files = {"model.json": bytes(version.artefact.content)}
    logged = mlflow_registry.log_version(version.name, version.version, files, {}, {})
    type(version).objects.update(mlflow_run_id=logged.run_id, model_path=logged.source)
    store = mlflow_registry.create_client()
    store.delete_registered_model(REGISTERED_MODEL)
    assert mlflow_registry.mirror_aliases() == {"champion": "1"}
    assert store.get_model_version_by_alias(REGISTERED_MODEL, "champion").run_id == logged.run_id
    assert mlflow_registry.mirror_aliases() == {"champion": "1"}
    assert len(store.search_model_versions(f"name = '{REGISTERED_MODEL}'")) == 1
