"""Registering, promoting and rolling back versions.

Each verb changes, audits and returns in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.encryption.crypto import DigestPurpose, compute_digest, sha256
from accounts.models import User
from modelops.alerting.alerts import raise_alert
from modelops.models import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    LiveSlot,
    ModelArtefact,
    ModelMetric,
    ModelVersion,
    PromotionRequest,
    ServingRole,
    StoredValidationSet,
)
from modelops.serving.loader import publish_generation, read_verified_artefact
from modelops.serving.model_refresher import describe_unready_processes
from modelops.validation import gate_checks
from modelops.validation.validator import get_validator

_DEPLOYMENT_LOCK_ID = 0x6C6E63_02
"""Advisory lock of the one change of deployment under way."""


class PromotionError(Exception):
    """The deployment cannot be changed like this; the message says why and is fit for the screen."""


@dataclass(frozen=True)
class SliceMetric:
    """One number measured on one slice of the held-out pairs."""

    metric: str
    slice: str
    value: float
    n: int


@dataclass(frozen=True)
class VersionRegistration:
    """A trained version about to be registered. ``content`` is what will be served."""

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


def register_version(given: VersionRegistration, actor: User | None) -> ModelVersion:
    """Build a version, have it answer the golden pairs, and store it with both digests.

    Raises ``ValueError`` for an artefact that cannot serve, ``IntegrityError`` for a known name and version.
    """
    answers = get_validator().record_answers(get_validator().build_scorer(given.content))
    return _store_version(given, answers, actor)


@transaction.atomic
def _store_version(
    given: VersionRegistration, answers: Mapping[str, Any], actor: User | None
) -> ModelVersion:
    content_digest = sha256(given.content)
    artefact, _ = ModelArtefact.objects.get_or_create(
        sha256=content_digest, defaults={"content": given.content}
    )
    version = ModelVersion.objects.create(
        name=given.name,
        version=given.version,
        model_path=given.model_path,
        accuracy=None if given.accuracy is None else round(given.accuracy, 4),
        artefact=artefact,
        artefact_hmac=compute_digest(
            DigestPurpose.ARTEFACT, content_digest, given.name, given.version, given.schema_hash
        ),
        schema_hash=given.schema_hash,
        libraries=dict(given.libraries),
        metrics=dict(given.metrics),
        mlflow_run_id=given.mlflow_run_id,
        datasets=dict(given.datasets),
        card=given.card,
        exam=_store_validation_set(given),
        answers=dict(answers),
        registered_by=actor,
    )
    _record_metrics(version, given)
    trail.record_event("model.registered", version, actor, version=str(version), sha256=content_digest)
    return version


def request_promotion(
    model: ModelVersion, profile: str, role: str, reason: str, actor: User
) -> PromotionRequest:
    """Examine a version beside the champion and ask that it be made live.

    Raises :class:`PromotionError` for one withdrawn or already asked for.
    """
    return _create_promotion_request(
        model, profile, role, reason, actor, gate_checks.evaluate_gates(model, profile)
    )


@transaction.atomic
def _create_promotion_request(
    model: ModelVersion, profile: str, role: str, reason: str, actor: User, gates: list[dict[str, Any]]
) -> PromotionRequest:
    if not model.is_active:
        raise PromotionError(f"{model} was withdrawn")
    if PromotionRequest.objects.filter(model=model, profile=profile, role=role, closed_at=None).exists():
        raise PromotionError(f"somebody has asked for {model} already")
    current = _get_live_deployment(profile, role)
    request = PromotionRequest.objects.create(
        model=model,
        profile=profile,
        role=role,
        reason=reason,
        requested_by=actor,
        expected=current.generation if current else None,
        gates=gates,
    )
    red = gate_checks.list_red_gates(gates)
    trail.record_event(
        "promotion.requested", request, actor, version=str(model), profile=profile, role=role, red=red
    )
    return request


@transaction.atomic
def approve_promotion(request: PromotionRequest, actor: User, override: str = "") -> Deployment:
    """Make the version live. ``override`` says why a red gate that can be overruled is.

    Raises :class:`PromotionError` if the same person asked, if something else went live meanwhile, if the
    request is closed, or if a gate is red; ``ArtefactError`` if the stored bytes are not the registered ones.
    """
    _lock_deployments()
    request = PromotionRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not request.is_open:
        raise PromotionError("this request is closed")
    if request.requested_by_id == actor.pk:
        raise PromotionError("a second person must approve what you asked for")
    overruled = gate_checks.list_red_gates(request.gates) if request.role != ServingRole.SHADOW else []
    refusal = gate_checks.explain_refusal(request.gates, overruled, override) or describe_unready_processes(
        request.model.artefact_id
    )
    if refusal:
        raise PromotionError(refusal)
    row = Deployment(
        model=request.model,
        profile=request.profile,
        role=request.role,
        requested_by=request.requested_by,
        approved_by=actor,
        reason=request.reason,
        override=override if overruled else "",
    )
    deployment = _deploy(row, request.expected, actor)
    request.closed_at, request.deployment = timezone.now(), deployment
    request.save(update_fields=["closed_at", "deployment"])
    if overruled:
        raise_alert("gates_overridden", request.profile, f"{request.model}: {', '.join(overruled)}")
    return deployment


@transaction.atomic
def decline_promotion(request: PromotionRequest, actor: User, reason: str) -> PromotionRequest:
    """Close a request without making anything live. Raises :class:`PromotionError` if it is closed."""
    request = PromotionRequest.objects.select_for_update().get(pk=request.pk)
    if not request.is_open:
        raise PromotionError("this request is closed")
    request.closed_at = timezone.now()
    request.save(update_fields=["closed_at"])
    trail.record_event("promotion.declined", request, actor, reason=reason)
    return request


@transaction.atomic
def rollback(profile: str, actor: User, reason: str, role: str = ServingRole.CHAMPION) -> Deployment:
    """Go back to the version before, alone and at once; a new row records it.

    "Before" means before the version now live was first deployed, so going back twice goes further back,
    never forward again to what was just left. Raises :class:`PromotionError` when there is nothing before.
    """
    _lock_deployments()
    current = _get_live_deployment(profile, role)
    earlier = find_rollback_target(current) if current else None
    if current is None or earlier is None:
        raise PromotionError(f"there is no {role} before this one for {profile}")
    row = Deployment(
        model=earlier, profile=profile, role=role, requested_by=actor, break_glass=True, reason=reason
    )
    deployment = _deploy(row, current.generation, actor)
    raise_alert("break_glass_rollback", profile, f"{current.model} to {earlier} as {role}")
    return deployment


@transaction.atomic
def deploy_first(model: ModelVersion) -> Deployment | None:
    """Make the shipped model champion of a new installation; ``None`` if there was ever a champion."""
    _lock_deployments()
    if Deployment.objects.filter(profile=EVERY_PROFILE, role=ServingRole.CHAMPION).exists():
        return None
    row = Deployment(
        model=model,
        profile=EVERY_PROFILE,
        role=ServingRole.CHAMPION,
        first=True,
        reason="The starting model that comes with the program",
    )
    return _deploy(row, None, None)


@transaction.atomic
def deploy_upgrade(model: ModelVersion) -> list[Deployment]:
    """Make the shipped model champion wherever the live one was trained for another program's features.

    Without this nobody could be answered until two people had promoted it. The database allows it for no
    other reason. Returns the deployments made.
    """
    _lock_deployments()
    slots = LiveSlot.objects.filter(role=ServingRole.CHAMPION).select_related("deployment__model")
    made = []
    for slot in slots.exclude(profile=DRILL_PROFILE).exclude(
        deployment__model__schema_hash=model.schema_hash
    ):
        row = Deployment(
            model=model,
            profile=slot.profile,
            role=ServingRole.CHAMPION,
            upgrade=True,
            reason=f"{slot.deployment.model} does not fit this program, which computes other features",
        )
        made.append(_deploy(row, slot.deployment_id, None))
        raise_alert("champion_replaced", slot.profile, f"{slot.deployment.model} by {model}")
    return made


@transaction.atomic
def deploy_drill(model: ModelVersion, actor: User) -> Deployment:
    """Put a version into the slot of drills, which answers nobody."""
    _lock_deployments()
    current = _get_live_deployment(DRILL_PROFILE, ServingRole.CHAMPION)
    row = Deployment(
        model=model,
        profile=DRILL_PROFILE,
        role=ServingRole.CHAMPION,
        requested_by=actor,
        drill=True,
        reason="A drill of the rollback",
    )
    return _deploy(row, current.generation if current else None, actor)


def deploy_shadow(model: ModelVersion, reason: str, profile: str = EVERY_PROFILE) -> Deployment:
    """Make a candidate shadow by itself: it scores beside the champion and never answers.

    Raises :class:`PromotionError` naming the gates that are red.
    """
    if red := gate_checks.list_red_gates(gate_checks.evaluate_gates(model, profile)):
        raise PromotionError(f"red: {', '.join(red)}")
    return _store_shadow_deployment(model, reason, profile)


@transaction.atomic
def _store_shadow_deployment(model: ModelVersion, reason: str, profile: str) -> Deployment:
    _lock_deployments()
    current = _get_live_deployment(profile, ServingRole.SHADOW)
    row = Deployment(model=model, profile=profile, role=ServingRole.SHADOW, automatic=True, reason=reason)
    return _deploy(row, current.generation if current else None, None)


def _deploy(row: Deployment, expected: int | None, actor: User | None) -> Deployment:
    """Insert the row, point the slot at it, audit, and publish once committed. The caller holds the lock."""
    current = _get_live_deployment(row.profile, row.role)
    if (current.generation if current else None) != expected:
        raise PromotionError("another version went live meanwhile; look again and ask anew")
    read_verified_artefact(row.model)
    row.previous = current
    row.save(force_insert=True)
    LiveSlot.objects.update_or_create(profile=row.profile, role=row.role, defaults={"deployment": row})
    detail = {
        "version": str(row.model),
        "profile": row.profile,
        "role": row.role,
        "break_glass": row.break_glass,
        "override": row.override,
    }
    trail.record_event("deployment.made", row, actor, **detail)
    transaction.on_commit(partial(publish_generation, row.generation))
    return row


def _get_live_deployment(profile: str, role: str) -> Deployment | None:
    slot = (
        LiveSlot.objects.filter(profile=profile, role=role)
        .select_related("deployment__previous__model")
        .first()
    )
    return slot.deployment if slot else None


def find_rollback_target(current: Deployment) -> ModelVersion | None:
    """Return the version that was live before this one first was: what a rollback goes back to."""
    same = Deployment.objects.filter(profile=current.profile, role=current.role, model=current.model)
    first = same.order_by("generation").select_related("previous__model").first()
    return first.previous.model if first and first.previous else None


def _lock_deployments() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEPLOYMENT_LOCK_ID])


def _store_validation_set(given: VersionRegistration) -> StoredValidationSet | None:
    if not given.validation_set:
        return None
    values = {"schema_hash": given.schema_hash, "content": given.validation_set}
    return StoredValidationSet.objects.get_or_create(sha256=sha256(given.validation_set), defaults=values)[0]


def _record_metrics(version: ModelVersion, given: VersionRegistration) -> None:
    whole = [
        ModelMetric(model=version, metric_name=name, metric_value=round(value, 6))
        for name, value in given.metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10_000
    ]
    slices = [
        ModelMetric(
            model=version, metric_name=row.metric, metric_value=round(row.value, 6), slice=row.slice, n=row.n
        )
        for row in given.slices
    ]
    ModelMetric.objects.bulk_create([*whole, *slices])
