"""Access to MLflow; the only module that imports it, and never loaded by a web process.

MLflow stores parameters, metrics and the trained estimator of every version, and decides nothing. What is
live is decided by :mod:`modelops.deployment.promotion` and mirrored to MLflow as aliases. Only numbers and
model files are sent to it: no name and no row of training data.
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
from modelops.registry.pyfunc_files import build_pyfunc_files
from modelops.validation.validator import get_validator

REGISTERED_MODEL = "legal_name_comparison"
"""The name of all versions in MLflow: ``models:/legal_name_comparison@champion``."""

_ARTEFACT_FOLDER = "model"
_COMPILED_MODEL = "model.json"

REGISTRY_ERRORS = (MlflowException, SQLAlchemyError)
"""Errors of a store that does not respond or does not have the requested item."""


@dataclass(frozen=True)
class LoggedRun:
    """The MLflow run of a version, and the URI of its files."""

    run_id: str
    source: str


def create_client() -> MlflowClient:
    """Return a client of the configured tracking store (SQLite under ``var/`` unless set otherwise).

    Raises one of :data:`REGISTRY_ERRORS` at once when the database does not respond; MLflow itself would
    retry for minutes.
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
    """Log a run with its files, loadable by ``mlflow.pyfunc``, and register it; return its location.

    Raises ``MlflowException`` when the store refuses it.
    """
    store = create_client()
    run = store.create_run(_get_experiment_id(store), run_name=f"{name} {version}", tags={"version": version})
    run_id = run.info.run_id
    for key, value in params.items():
        store.log_param(run_id, key, value)
    for key, number in metrics.items():
        store.log_metric(run_id, key, number)
    _log_files(store, run_id, {**files, **_build_loadable_files(files)})
    store.set_terminated(run_id)
    source = f"{run.info.artifact_uri}/{_ARTEFACT_FOLDER}"
    _ensure_registered_model(store)
    store.create_model_version(REGISTERED_MODEL, source, run_id, tags={"version": version})
    return LoggedRun(run_id, source)


def fetch_file(run_id: str, name: str) -> bytes:
    """Return a file of a logged version. Raises ``MlflowException`` or ``OSError`` when it is missing."""
    with tempfile.TemporaryDirectory() as folder:
        return Path(
            create_client().download_artifacts(run_id, f"{_ARTEFACT_FOLDER}/{name}", folder)
        ).read_bytes()


def find_wrong_aliases(since: datetime) -> list[str]:
    """Return the aliases of MLflow that do not name what has been live since a time.

    Raises ``MlflowException`` when the store does not respond.
    """
    store, wrong = create_client(), []
    for alias, version in _list_expected_aliases(_query_live_slots().filter(deployment__at__lte=since)):
        number = _find_version_number(store, version)
        if number is not None and _get_alias_number(store, alias) != number:
            wrong.append(alias)
    return wrong


def mirror_aliases() -> dict[str, str]:
    """Set MLflow's aliases to what is live; return the version of each alias.

    ``champion``, ``challenger``, ``shadow`` and ``previous`` apply to all profiles; aliases of one profile
    end in its name (``champion-ucc``). Versions that MLflow does not have are left out.
    """
    store = create_client()
    aliases: dict[str, str] = {}
    for alias, version in _list_expected_aliases(_query_live_slots()):
        aliases |= _set_alias(store, alias, version)
    return aliases


def _list_expected_aliases(slots: Iterable[LiveSlot]) -> Iterator[tuple[str, ModelVersion]]:
    """Yield every alias of the slots with the version it should name."""
    for slot in slots:
        suffix = "" if slot.profile == EVERY_PROFILE else f"-{slot.profile}"
        deployment = slot.deployment
        yield f"{slot.role}{suffix}", deployment.model
        if slot.role == ServingRole.CHAMPION and deployment.previous:
            yield f"previous{suffix}", deployment.previous.model


def _get_alias_number(store: MlflowClient, alias: str) -> str | None:
    try:
        return str(store.get_model_version_by_alias(REGISTERED_MODEL, alias).version)
    except MlflowException:
        return None


def _query_live_slots() -> QuerySet[LiveSlot]:
    rows = LiveSlot.objects.exclude(profile=DRILL_PROFILE)
    return rows.select_related("deployment__model", "deployment__previous__model")


def _set_alias(store: MlflowClient, alias: str, version: ModelVersion) -> dict[str, str]:
    number = _find_version_number(store, version) or _register_earlier_version(store, version)
    if number is None:
        return {}
    store.set_registered_model_alias(REGISTERED_MODEL, alias, number)
    return {alias: version.version}


def _find_version_number(store: MlflowClient, version: ModelVersion) -> str | None:
    """Return the number MLflow gave a version, or ``None``."""
    if not version.mlflow_run_id:
        return None
    query = f"name = '{REGISTERED_MODEL}' and run_id = '{version.mlflow_run_id}'"
    matches = store.search_model_versions(query)
    return str(matches[0].version) if matches else None


def _register_earlier_version(store: MlflowClient, version: ModelVersion) -> str | None:
    """Register a version that was logged under its own name before all had one; ``None`` if never logged."""
    if not version.mlflow_run_id:
        return None
    _ensure_registered_model(store)
    tags = {"version": version.version}
    created = store.create_model_version(
        REGISTERED_MODEL, version.model_path, version.mlflow_run_id, tags=tags
    )
    return str(created.version)


def _get_experiment_id(store: MlflowClient) -> str:
    experiment = store.get_experiment_by_name(settings.MLFLOW_EXPERIMENT)
    if experiment is not None:
        return str(experiment.experiment_id)
    return str(
        store.create_experiment(settings.MLFLOW_EXPERIMENT, artifact_location=settings.MLFLOW_ARTIFACT_ROOT)
    )


def _ensure_registered_model(store: MlflowClient) -> None:
    try:
        store.get_registered_model(REGISTERED_MODEL)
    except MlflowException:
        store.create_registered_model(REGISTERED_MODEL)


def _build_loadable_files(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return what ``mlflow.pyfunc`` needs beside a compiled model; nothing for a version without one."""
    if _COMPILED_MODEL not in files:
        return {}
    return build_pyfunc_files(_COMPILED_MODEL, get_validator().read_model_code())


def _log_files(store: MlflowClient, run_id: str, files: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.write_bytes(content)
            store.log_artifact(run_id, str(path), _ARTEFACT_FOLDER)
