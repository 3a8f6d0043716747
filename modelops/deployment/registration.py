"""Registration of trained versions: artefact, digests, held-out rows and metrics in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.audit import trail
from accounts.encryption.crypto import DigestPurpose, compute_digest, sha256
from accounts.models import User
from modelops.models import ModelArtefact, ModelMetric, ModelVersion, StoredValidationSet
from modelops.validation.validator import get_validator

_MAX_METRIC_VALUE = 10_000
"""Absolute values from here on do not fit the column of a metric."""


@dataclass(frozen=True)
class SliceMetric:
    """One number measured on one slice of the held-out pairs."""

    metric: str
    slice: str
    value: float
    n: int


@dataclass(frozen=True)
class VersionRegistration:
    """A trained version to be registered.

    ``content`` is the artefact that is served, ``validation_set`` the packed held-out rows (empty without).
    """

    name: str
    version: str
    content: bytes
    schema_hash: str
    model_path: str = ""
    mlflow_run_id: str = ""
    accuracy: float | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    slices: Sequence[SliceMetric] = ()
    datasets: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    validation_set: bytes = b""


def register_version(registration: VersionRegistration, actor: User | None) -> ModelVersion:
    """Build a version, record its predictions for the golden pairs, and store it with both digests.

    Raises ``ValueError`` for an artefact that cannot serve, ``IntegrityError`` for a name and version that
    are registered already.
    """
    validator = get_validator()
    answers = validator.record_answers(validator.build_scorer(registration.content))
    return _store_version(registration, answers, actor)


@transaction.atomic
def _store_version(
    registration: VersionRegistration, answers: Mapping[str, Any], actor: User | None
) -> ModelVersion:
    artefact = _store_artefact(registration.content)
    signed = (artefact.sha256, registration.name, registration.version, registration.schema_hash)
    version = ModelVersion.objects.create(
        name=registration.name,
        version=registration.version,
        model_path=registration.model_path,
        accuracy=None if registration.accuracy is None else round(registration.accuracy, 4),
        artefact=artefact,
        artefact_hmac=compute_digest(DigestPurpose.ARTEFACT, *signed),
        schema_hash=registration.schema_hash,
        libraries=dict(registration.libraries),
        metrics=dict(registration.metrics),
        mlflow_run_id=registration.mlflow_run_id,
        datasets=dict(registration.datasets),
        card=registration.card,
        validation_set=_store_validation_set(registration),
        golden_predictions=dict(answers),
        registered_by=actor,
    )
    _store_metrics(version, registration)
    trail.record_event("model.registered", version, actor, version=str(version), sha256=artefact.sha256)
    return version


def _store_artefact(content: bytes) -> ModelArtefact:
    return ModelArtefact.objects.get_or_create(sha256=sha256(content), defaults={"content": content})[0]


def _store_validation_set(registration: VersionRegistration) -> StoredValidationSet | None:
    content = registration.validation_set
    if not content:
        return None
    values = {"schema_hash": registration.schema_hash, "content": content}
    return StoredValidationSet.objects.get_or_create(sha256=sha256(content), defaults=values)[0]


def _store_metrics(version: ModelVersion, registration: VersionRegistration) -> None:
    overall = [
        ModelMetric(model=version, metric_name=name, metric_value=round(value, 6))
        for name, value in registration.metrics.items()
        if _is_storable(value)
    ]
    slices = [
        ModelMetric(
            model=version, metric_name=row.metric, metric_value=round(row.value, 6), slice=row.slice, n=row.n
        )
        for row in registration.slices
    ]
    ModelMetric.objects.bulk_create([*overall, *slices])


def _is_storable(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _MAX_METRIC_VALUE
