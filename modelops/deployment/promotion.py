"""Promotion and rollback of versions.

Each function changes the tables, writes the audit event and returns, in one transaction.
"""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from modelops.alerting.alerts import raise_alert
from modelops.models import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    LiveSlot,
    ModelVersion,
    PromotionRequest,
    ServingRole,
    describe_profile,
    describe_role,
)
from modelops.sentences import TrainingSentence
from modelops.serving.loader import publish_generation, read_verified_artefact
from modelops.serving.model_refresher import describe_unready_processes
from modelops.validation import gate_checks
from modelops.validation.gate_checks import VersionExamination
from notifications.models import Kind
from notifications.notices import Notice, notify_holders
from webhooks.events import Occurrence, record_occurrence
from webhooks.models import EventType

_DEPLOYMENT_LOCK_ID = 0x6C6E63_02
"""Advisory lock held while a deployment changes, so that changes happen one after the other."""


class PromotionError(Exception):
    """The deployment cannot be changed like this; the message says why and is fit for the screen."""


def request_promotion(
    model: ModelVersion, profile: str, role: str, reason: str, actor: User
) -> PromotionRequest:
    """Examine a version beside the champion on the same rows and request its promotion.

    Raises :class:`PromotionError` for a version that was withdrawn or has an open request for this slot.
    """
    examination = gate_checks.examine_version(model, profile)
    return _create_promotion_request(model, profile, role, reason, actor, examination)


@transaction.atomic
def _create_promotion_request(
    model: ModelVersion,
    profile: str,
    role: str,
    reason: str,
    actor: User,
    examination: VersionExamination,
) -> PromotionRequest:
    if not model.is_active:
        raise PromotionError(gettext("{model} was withdrawn").format(model=model))
    if PromotionRequest.objects.filter(model=model, profile=profile, role=role, closed_at=None).exists():
        raise PromotionError(gettext("there is an open request for {model} already").format(model=model))
    request = PromotionRequest.objects.create(
        model=model,
        profile=profile,
        role=role,
        reason=reason,
        requested_by=actor,
        expected=_get_live_generation(profile, role),
        gates=examination.gates,
        examination=examination.comparison,
    )
    detail = {"version": str(model), "profile": profile, "role": role}
    red = gate_checks.list_red_gates(examination.gates)
    trail.record_event("promotion.requested", request, actor, **detail, red=red)
    notice = Notice(
        Kind.APPROVAL_WAITS, f"promotion:{request.pk}", {"of": "promotion", "id": str(request.pk)}
    )
    notify_holders("modelops.approve_deployment", notice, actor.pk)
    return request


@transaction.atomic
def approve_promotion(request: PromotionRequest, actor: User, override: str = "") -> Deployment:
    """Make the requested version live. ``override`` is the reason to overrule red gates.

    Raises :class:`PromotionError` if the approver is the requester, if another version went live since the
    request, if the request is closed, if a gate is red, or if a process is not ready;
    ``ArtefactVerificationError`` if the stored bytes are not the registered ones.
    """
    _lock_deployments()
    request = _lock_open_request(request)
    if request.requested_by_id == actor.pk:
        raise PromotionError(gettext("a second person must approve your request"))
    overruled = _list_gates_to_overrule(request)
    _require_approvable(request, overruled, override)
    deployment = _deploy(
        Deployment(
            model=request.model,
            profile=request.profile,
            role=request.role,
            requested_by=request.requested_by,
            approved_by=actor,
            reason=request.reason,
            override=override if overruled else "",
        ),
        request.expected,
        actor,
    )
    request.closed_at, request.deployment = timezone.now(), deployment
    request.save(update_fields=["closed_at", "deployment"])
    if overruled:
        raise_alert(
            "gates_overridden", describe_profile(request.profile), f"{request.model}: {', '.join(overruled)}"
        )
    return deployment


@transaction.atomic
def decline_promotion(request: PromotionRequest, actor: User, reason: str) -> PromotionRequest:
    """Close a request without a deployment. Raises :class:`PromotionError` if it is closed."""
    request = _lock_open_request(request)
    request.closed_at = timezone.now()
    request.save(update_fields=["closed_at"])
    trail.record_event("promotion.declined", request, actor, reason=reason)
    return request


@transaction.atomic
def rollback(
    profile: str,
    actor: User,
    reason: str,
    role: str = ServingRole.CHAMPION,
    expected: int | None = None,
) -> Deployment:
    """Put the previous version back, on one person's authority; a new row records it and an alert is raised.

    "Previous" is what was live before the current version was first deployed, so that a second rollback goes
    further back and never forward to what was just left. ``expected`` is the generation that the person saw.
    Raises :class:`PromotionError` without an earlier version, or if another went live since.
    """
    _lock_deployments()
    current = _get_live_deployment(profile, role)
    if expected is not None and (current is None or current.generation != expected):
        raise PromotionError(
            gettext("another version went live meanwhile; look at what is live and decide again")
        )
    earlier = find_rollback_target(current) if current else None
    if current is None or earlier is None:
        raise PromotionError(
            gettext("there is no {role} before this one for {profile}").format(
                role=describe_role(role), profile=describe_profile(profile)
            )
        )
    row = Deployment(
        model=earlier, profile=profile, role=role, requested_by=actor, break_glass=True, reason=reason
    )
    deployment = _deploy(row, current.generation, actor)
    raise_alert("break_glass_rollback", describe_profile(profile), f"{current.model} to {earlier} as {role}")
    return deployment


def find_rollback_target(current: Deployment) -> ModelVersion | None:
    """Return the version that was live before the current one was first deployed, or ``None``."""
    same = Deployment.objects.filter(profile=current.profile, role=current.role, model=current.model)
    first = same.order_by("generation").select_related("previous__model").first()
    return first.previous.model if first and first.previous else None


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
        reason=TrainingSentence.STARTING_MODEL.value,
    )
    return _deploy(row, None, None)


@transaction.atomic
def deploy_upgrade(model: ModelVersion) -> list[Deployment]:
    """Make the shipped model champion of every profile whose champion was trained for other features.

    Without it no comparison would be possible until two people had promoted a version. The database accepts
    such a row for no other reason. Returns the deployments made.
    """
    _lock_deployments()
    slots = LiveSlot.objects.filter(role=ServingRole.CHAMPION).select_related("deployment__model")
    outdated = slots.exclude(profile=DRILL_PROFILE).exclude(deployment__model__schema_hash=model.schema_hash)
    return [_upgrade_slot(slot, model) for slot in outdated]


def _upgrade_slot(slot: LiveSlot, model: ModelVersion) -> Deployment:
    replaced = slot.deployment.model
    row = Deployment(
        model=model,
        profile=slot.profile,
        role=ServingRole.CHAMPION,
        upgrade=True,
        reason=f"{replaced} does not fit this program, which computes other features",
    )
    deployment = _deploy(row, slot.deployment_id, None)
    raise_alert("champion_replaced", describe_profile(slot.profile), f"{replaced} by {model}")
    return deployment


@transaction.atomic
def deploy_drill(model: ModelVersion, actor: User) -> Deployment:
    """Deploy a version to the slot of drills, which answers no request."""
    _lock_deployments()
    row = Deployment(
        model=model,
        profile=DRILL_PROFILE,
        role=ServingRole.CHAMPION,
        requested_by=actor,
        drill=True,
        reason="A drill of the rollback",
    )
    return _deploy(row, _get_live_generation(DRILL_PROFILE, ServingRole.CHAMPION), actor)


def deploy_shadow(model: ModelVersion, reason: str, profile: str = EVERY_PROFILE) -> Deployment:
    """Make a candidate shadow without an approval: it scores beside the champion and never answers.

    Raises :class:`PromotionError` naming the gates that are red.
    """
    if red := gate_checks.list_red_gates(gate_checks.evaluate_gates(model, profile)):
        raise PromotionError(gettext("red: {names}").format(names=gate_checks.name_gates(red)))
    return _store_shadow_deployment(model, reason, profile)


@transaction.atomic
def _store_shadow_deployment(model: ModelVersion, reason: str, profile: str) -> Deployment:
    _lock_deployments()
    row = Deployment(model=model, profile=profile, role=ServingRole.SHADOW, automatic=True, reason=reason)
    return _deploy(row, _get_live_generation(profile, ServingRole.SHADOW), None)


def _deploy(row: Deployment, expected: int | None, actor: User | None) -> Deployment:
    """Insert the row, point the live slot at it, audit, and publish its generation after the commit.

    The caller holds the deployment lock. ``expected`` is the generation the change was decided against.
    """
    current = _get_live_deployment(row.profile, row.role)
    if (current.generation if current else None) != expected:
        raise PromotionError(gettext("another version went live meanwhile; check it and request again"))
    read_verified_artefact(row.model)
    row.previous = current
    row.save(force_insert=True)
    LiveSlot.objects.update_or_create(profile=row.profile, role=row.role, defaults={"deployment": row})
    detail = {
        "version": str(row.model),
        "profile": row.profile,
        "role": row.role,
        "previous": str(current.model) if current else "",
        "reason": row.reason,
        "break_glass": row.break_glass,
        "override": row.override,
    }
    trail.record_event("deployment.created", row, actor, **detail)
    _announce(row)
    transaction.on_commit(partial(publish_generation, row.generation))
    return row


def _announce(row: Deployment) -> None:
    """Tell the programs of customers which version answers from now on."""
    if row.role != ServingRole.CHAMPION or row.profile == DRILL_PROFILE:
        return
    previous = row.previous.model if row.previous else None
    data = {
        "profile": row.profile,
        "model": _name_version(row.model),
        "previous": _name_version(previous) if previous else None,
        "rolled_back": row.break_glass,
        "generation": row.generation,
        "promoted_at": row.at.isoformat(),
    }
    record_occurrence(Occurrence(EventType.MODEL_PROMOTED, str(row.generation), None, data, row.at))


def _name_version(model: ModelVersion) -> dict[str, str]:
    return {"name": model.name, "version": model.version}


def _list_gates_to_overrule(request: PromotionRequest) -> list[str]:
    """Return the red gates of a request. A shadow answers no request, so none of its gates count here."""
    return [] if request.role == ServingRole.SHADOW else gate_checks.list_red_gates(request.gates)


def _require_approvable(request: PromotionRequest, overruled: list[str], override: str) -> None:
    refusal = gate_checks.explain_refusal(request.gates, overruled, override)
    refusal = refusal or describe_unready_processes(request.model.artefact_id)
    if refusal:
        raise PromotionError(refusal)


def _lock_open_request(request: PromotionRequest) -> PromotionRequest:
    locked = PromotionRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not locked.is_open:
        raise PromotionError(gettext("this request is closed"))
    return locked


def _get_live_deployment(profile: str, role: str) -> Deployment | None:
    slots = LiveSlot.objects.filter(profile=profile, role=role)
    slot = slots.select_related("deployment__previous__model").first()
    return slot.deployment if slot else None


def _get_live_generation(profile: str, role: str) -> int | None:
    current = _get_live_deployment(profile, role)
    return current.generation if current else None


def _lock_deployments() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEPLOYMENT_LOCK_ID])
