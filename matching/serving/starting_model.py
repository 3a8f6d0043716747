"""The model shipped with the program: registration, and deployment in a new installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import structlog

from matching.serving.live_models import build_scorer
from modelops.deployment.promotion import deploy_first, deploy_upgrade
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Deployment, ModelVersion
from modelops.registry import mlflow_registry
from modelops.registry.mlflow_registry import REGISTRY_ERRORS, LoggedRun

log = structlog.get_logger(__name__)

_ARTEFACT_FILES = ("model.json", "model.skops", "MODEL_CARD.md")


@dataclass(frozen=True)
class ShippedModel:
    """The shipped artefact: the bytes of its files by name, and the manifest inside ``model.json``."""

    file_contents: dict[str, bytes]
    manifest: dict[str, Any]


def load_shipped_model() -> ShippedModel:
    """Read the shipped model. Raises ``FileNotFoundError`` if the package was built without it."""
    folder: Traversable = files("matching.engine").joinpath("model")
    contents = {name: folder.joinpath(name).read_bytes() for name in _ARTEFACT_FILES}
    return ShippedModel(contents, json.loads(contents["model.json"]))


def register_shipped_model(model: ShippedModel) -> ModelVersion:
    """Register the shipped model in MLflow and in the database, unless it is registered already.

    Raises ``ArtefactError`` if it does not fit this engine.
    """
    name, version = str(model.manifest["name"]), str(model.manifest["version"])
    registered = ModelVersion.objects.filter(name=name, version=version).first()
    if registered is not None:
        return registered
    build_scorer(model.file_contents["model.json"])
    training = model.manifest["training"]
    metrics: dict[str, float] = training["held_out"]
    logged = _log_to_registry(name, version, model, metrics)
    registration = VersionRegistration(
        name=name,
        version=version,
        content=model.file_contents["model.json"],
        schema_hash=str(model.manifest["schema"]),
        model_path=logged.source,
        mlflow_run_id=logged.run_id,
        accuracy=metrics["accuracy"],
        metrics=metrics,
        libraries=training.get("libraries", {}),
        card=model.file_contents["MODEL_CARD.md"].decode(),
    )
    return register_version(registration, actor=None)


def _log_to_registry(name: str, version: str, model: ShippedModel, metrics: dict[str, float]) -> LoggedRun:
    """Log the shipped model in MLflow; log a warning without MLflow, which must not prevent a start."""
    try:
        return mlflow_registry.log_version(
            name, version, model.file_contents, {"schema": model.manifest["schema"]}, metrics
        )
    except REGISTRY_ERRORS as error:
        log.warning("shipped_model_not_logged", error=type(error).__name__)
        return LoggedRun("", "matching/engine/model")


def install_shipped_model() -> tuple[ModelVersion, list[Deployment]]:
    """Register the shipped model, and deploy it as champion where there is none that fits this engine.

    Returns the version and the new deployments, which are none when every champion stays.
    """
    version = register_shipped_model(load_shipped_model())
    first = deploy_first(version)
    return version, [first] if first else deploy_upgrade(version)
