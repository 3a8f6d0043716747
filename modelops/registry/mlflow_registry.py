"""The one door to MLflow. Imported by commands and tasks, never by a web process.

MLflow keeps parameters, metrics and the trained estimator of every version; it decides nothing. What is live
is decided by :mod:`modelops.deployment.promotion` and mirrored here as aliases. Only numbers and model files
cross this border: no name, no row of training data.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
from django.conf import settings
from django.db.models import QuerySet
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from modelops.models import DRILL_PROFILE, EVERY_PROFILE, LiveSlot, ModelVersion, ServingRole

_ARTEFACT_FOLDER = "model"


REGISTRY_ERRORS = (MlflowException, SQLAlchemyError)
"""What a store raises that does not answer or does not have what was asked for."""


@dataclass(frozen=True)
class LoggedRun:
    """Where MLflow keeps a version: its run, and the place of its files."""

    run_id: str
    source: str


def create_client() -> MlflowClient:
    """Return a client of the configured tracking store (SQLite under ``var/`` unless set otherwise).

    Raises one of :data:`RegistryError` at once for a database that does not answer; MLflow itself would try
    for minutes.
    """
    if settings.MLFLOW_TRACKING_URI.startswith("postgresql"):
        engine = create_engine(settings.MLFLOW_TRACKING_URI, poolclass=NullPool)
        engine.connect().close()
    mlflow.set_tracking_uri(settings.MLFLOW_TRACKING_URI)
    return MlflowClient(tracking_uri=settings.MLFLOW_TRACKING_URI)


def log_version(
    name: str,
    version: str,
    files: Mapping[str, bytes],
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
) -> LoggedRun:
    """Log one run with its files and register it under ``name``; return where it is.

    Raises ``MlflowException`` when the store does not take it.
    """
    store = create_client()
    run = store.create_run(_get_experiment_id(store), run_name=f"{name} {version}", tags={"version": version})
    run_id = run.info.run_id
    for key, value in params.items():
        store.log_param(run_id, key, value)
    for key, number in metrics.items():
        store.log_metric(run_id, key, number)
    _log_files(store, run_id, files)
    store.set_terminated(run_id)
    source = f"{run.info.artifact_uri}/{_ARTEFACT_FOLDER}"
    _ensure_registered_model(store, name)
    store.create_model_version(name, source, run_id, tags={"version": version})
    return LoggedRun(run_id, source)


def fetch_file(run_id: str, name: str) -> bytes:
    """Return a file of a logged version. Raises ``MlflowException`` or ``OSError`` when it is not there."""
    with tempfile.TemporaryDirectory() as folder:
        return Path(
            create_client().download_artifacts(run_id, f"{_ARTEFACT_FOLDER}/{name}", folder)
        ).read_bytes()


def find_wrong_aliases(since: datetime) -> list[str]:
    """Say which aliases of MLflow do not name what has been live ``since`` then, before they are set again.

    Raises ``MlflowException`` when the store does not answer.
    """
    store, wrong = create_client(), []
    for alias, version in _list_expected_aliases(_query_live_slots().filter(deployment__at__lte=since)):
        number = _find_version_number(store, version)
        if number is not None and _get_alias_number(store, version.name, alias) != number:
            wrong.append(alias)
    return wrong


def mirror_aliases() -> dict[str, str]:
    """Make MLflow's aliases say what is live; return alias -> version as it is now.

    ``champion``, ``challenger`` and ``shadow`` are those of every profile; another profile's carry its name
    (``champion-ucc``). Versions that MLflow does not know are left out.
    """
    store = create_client()
    done: dict[str, str] = {}
    for alias, version in _list_expected_aliases(_query_live_slots()):
        done |= _set_alias(store, alias, version)
    return done


def _list_expected_aliases(slots: Iterable[LiveSlot]) -> Iterator[tuple[str, ModelVersion]]:
    """Every alias of some slots and the version it should name."""
    for slot in slots:
        suffix = "" if slot.profile == EVERY_PROFILE else f"-{slot.profile}"
        deployment = slot.deployment
        yield f"{slot.role}{suffix}", deployment.model
        if slot.role == ServingRole.CHAMPION and deployment.previous:
            yield f"previous{suffix}", deployment.previous.model


def _get_alias_number(store: MlflowClient, name: str, alias: str) -> str | None:
    try:
        return str(store.get_model_version_by_alias(name, alias).version)
    except MlflowException:
        return None


def _query_live_slots() -> QuerySet[LiveSlot]:
    rows = LiveSlot.objects.exclude(profile=DRILL_PROFILE)
    return rows.select_related("deployment__model", "deployment__previous__model")


def _set_alias(store: MlflowClient, alias: str, version: ModelVersion) -> dict[str, str]:
    number = _find_version_number(store, version)
    if number is None:
        return {}
    store.set_registered_model_alias(version.name, alias, number)
    return {alias: version.version}


def _find_version_number(store: MlflowClient, version: ModelVersion) -> str | None:
    """Return MLflow's own number of a version, or nothing."""
    if not version.mlflow_run_id:
        return None
    found = store.search_model_versions(f"name = '{version.name}' and run_id = '{version.mlflow_run_id}'")
    return str(found[0].version) if found else None


def _get_experiment_id(store: MlflowClient) -> str:
    found = store.get_experiment_by_name(settings.MLFLOW_EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    return str(
        store.create_experiment(settings.MLFLOW_EXPERIMENT, artifact_location=settings.MLFLOW_ARTIFACT_ROOT)
    )


def _ensure_registered_model(store: MlflowClient, name: str) -> None:
    try:
        store.get_registered_model(name)
    except MlflowException:
        store.create_registered_model(name)


def _log_files(store: MlflowClient, run_id: str, files: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.write_bytes(content)
            store.log_artifact(run_id, str(path), _ARTEFACT_FOLDER)
