"""The life of an experiment: draft, start, phases, stop, conclusion. Each change is audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from experiments.enrolment import forget_running_experiments
from experiments.models import Arm, Experiment, ExperimentPhase, ExperimentStatus, Guardrail
from experiments.significance import SampleRatioCheck, check_sample_ratio
from modelops.models import EVERY_PROFILE, LiveSlot, PromotionRequest, ServingRole, describe_role

DRAFT_FIELDS = (
    "name",
    "hypothesis",
    "profile",
    "model_a",
    "model_b",
    "primary_metric",
    "recorded_metric",
    "higher_is_better",
    "smallest_effect",
    "traffic_split",
    "enrolled_share",
    "planned_end",
)
"""What a draft says; a started experiment changes its split only."""


class ExperimentError(Exception):
    """The experiment cannot be changed like this; the message is fit for the screen."""


@dataclass(frozen=True)
class MissingVersion:
    """A version that is not live in the role the experiment needs."""

    arm: str
    role: str
    text: str


@transaction.atomic
def create_experiment(draft: Experiment, guardrails: Mapping[str, Decimal], actor: User) -> Experiment:
    """Store a draft with its guardrails (margin by metric). Raises ``IntegrityError`` for what cannot be."""
    draft.created_by = actor
    draft.save(force_insert=True)
    _store_guardrails(draft, guardrails)
    trail.record_event("experiment.created", draft, actor, **_describe_draft(draft, guardrails))
    return draft


@transaction.atomic
def change_draft(draft: Experiment, guardrails: Mapping[str, Decimal], actor: User) -> Experiment:
    """Store the changed fields of a draft. Raises :class:`ExperimentError` once it has started."""
    stored = _lock(draft, ExperimentStatus.DRAFT, gettext("only a draft can be changed"))
    before = _describe_draft(stored, {row.metric: row.margin for row in stored.guardrails.all()})
    draft.save(update_fields=DRAFT_FIELDS)
    _store_guardrails(draft, guardrails)
    after = _describe_draft(draft, guardrails)
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    trail.record_event("experiment.changed", draft, actor, changed=changed)
    return draft


def find_missing_versions(experiment: Experiment) -> list[MissingVersion]:
    """Return what is not live: A must be the champion, B the challenger of the profile or of all profiles."""
    return [
        missing
        for missing in (
            _find_missing(experiment.model_a_id, experiment.profile, "A", ServingRole.CHAMPION),
            _find_missing(experiment.model_b_id, experiment.profile, "B", ServingRole.CHALLENGER),
        )
        if missing
    ]


@transaction.atomic
def start_experiment(experiment: Experiment, actor: User, can_conclude: bool, reason: str = "") -> Experiment:
    """Start to assign users.

    ``can_conclude`` says whether the forecast expects a conclusion by the planned end; without one a
    reason is needed. Raises :class:`ExperimentError` for anything but a draft, for versions that are not live
    and for a second experiment of the profile.
    """
    experiment = _lock(experiment, ExperimentStatus.DRAFT, gettext("only a draft can be started"))
    if missing := find_missing_versions(experiment):
        raise ExperimentError("; ".join(row.text for row in missing))
    if not can_conclude and not reason.strip():
        raise ExperimentError(
            gettext("this experiment is not expected to conclude: give a reason to start it")
        )
    if Experiment.objects.running().filter(profile=experiment.profile).exists():
        raise ExperimentError(gettext("another experiment is running for this profile"))
    now = timezone.now()
    if experiment.planned_end and experiment.planned_end <= now:
        raise ExperimentError(gettext("the planned end has passed: set another one"))
    experiment.status, experiment.is_active, experiment.start_date = ExperimentStatus.RUNNING, True, now
    experiment.can_conclude, experiment.reason_to_start = can_conclude, reason.strip()
    experiment.save(update_fields=["status", "is_active", "start_date", "can_conclude", "reason_to_start"])
    _open_phase(experiment)
    detail = {"split": str(experiment.traffic_split), "enrolled": str(experiment.enrolled_share)}
    trail.record_event("experiment.started", experiment, actor, **detail, reason=experiment.reason_to_start)
    transaction.on_commit(forget_running_experiments)
    return experiment


@transaction.atomic
def change_split(
    experiment: Experiment, traffic_split: Decimal, enrolled_share: Decimal, actor: User, reason: str
) -> ExperimentPhase:
    """Give arms and enrolment other shares, which ends the phase and begins the next one.

    Raises :class:`ExperimentError` unless it is running and something changes.
    """
    experiment = _lock(
        experiment, ExperimentStatus.RUNNING, gettext("only the split of a running experiment can change")
    )
    if (experiment.traffic_split, experiment.enrolled_share) == (traffic_split, enrolled_share):
        raise ExperimentError(gettext("these are the shares of the current phase"))
    _close_phase(experiment)
    experiment.traffic_split, experiment.enrolled_share = traffic_split, enrolled_share
    experiment.phase += 1
    experiment.save(update_fields=["traffic_split", "enrolled_share", "phase"])
    phase = _open_phase(experiment)
    detail = {"phase": phase.number, "split": str(traffic_split), "enrolled": str(enrolled_share)}
    trail.record_event("experiment.split_changed", experiment, actor, **detail, reason=reason)
    transaction.on_commit(forget_running_experiments)
    return phase


@transaction.atomic
def stop_experiment(
    experiment: Experiment, actor: User | None, reason: str, breached: str = ""
) -> Experiment:
    """End the experiment without a conclusion; all users get the champion again.

    ``breached`` is the metric of the guardrail that stopped it. Raises :class:`ExperimentError` unless it is
    running.
    """
    experiment = _lock(
        experiment, ExperimentStatus.RUNNING, gettext("only a running experiment can be stopped")
    )
    if breached:
        experiment.guardrails.filter(metric=breached).update(breached_at=timezone.now())
    _end(experiment, ExperimentStatus.STOPPED)
    trail.record_event("experiment.stopped", experiment, actor, reason=reason, breached=breached)
    return experiment


@transaction.atomic
def conclude_experiment(experiment: Experiment, actor: User, conclusion: str, reason: str) -> Experiment:
    """End the experiment with its verdict in one sentence; all users get the champion again.

    Raises :class:`ExperimentError` unless it is running and there is a verdict.
    """
    experiment = _lock(
        experiment, ExperimentStatus.RUNNING, gettext("only a running experiment can be concluded")
    )
    if not conclusion:
        raise ExperimentError(gettext("there is no verdict to conclude with"))
    experiment.conclusion = conclusion
    _end(experiment, ExperimentStatus.CONCLUDED)
    trail.record_event("experiment.concluded", experiment, actor, conclusion=conclusion, reason=reason)
    return experiment


@transaction.atomic
def record_shipment(experiment: Experiment, promotion: PromotionRequest, actor: User) -> Experiment:
    """Note the request to make B champion. Raises :class:`ExperimentError` before the conclusion."""
    experiment = _lock(
        experiment, ExperimentStatus.CONCLUDED, gettext("only a concluded experiment can ship B")
    )
    experiment.promotion = promotion
    experiment.save(update_fields=["promotion"])
    trail.record_event("experiment.shipment_requested", experiment, actor, request=str(promotion.pk))
    return experiment


def _lock(experiment: Experiment, status: ExperimentStatus, refusal: str) -> Experiment:
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if locked.status != status:
        raise ExperimentError(refusal)
    return locked


def _find_missing(model_id: Any, profile: str, arm: str, role: ServingRole) -> MissingVersion | None:
    slots = LiveSlot.objects.filter(role=role, profile__in=[profile, EVERY_PROFILE])
    live = {slot.profile: slot.deployment.model for slot in slots.select_related("deployment__model")}
    model = live.get(profile) or live.get(EVERY_PROFILE)
    if model and model.pk == model_id:
        return None
    now = (
        gettext("the {role} is {model}").format(role=describe_role(role), model=model)
        if model
        else gettext("there is no {role}").format(role=describe_role(role))
    )
    text = gettext("version {arm} must be live as {role}; {now}")
    return MissingVersion(arm, role, text.format(arm=arm, role=describe_role(role), now=now))


def _store_guardrails(experiment: Experiment, margins: Mapping[str, Decimal]) -> None:
    experiment.guardrails.all().delete()
    rows = [
        Guardrail(experiment=experiment, metric=metric, margin=margin) for metric, margin in margins.items()
    ]
    Guardrail.objects.bulk_create(rows)


def _describe_draft(draft: Experiment, guardrails: Mapping[str, Decimal]) -> dict[str, Any]:
    """Return what a draft says, as JSON; decimals as they are stored."""
    fields = {name: str(getattr(draft, name)) for name in DRAFT_FIELDS}
    return {**fields, "guardrails": {name: f"{margin:.4f}" for name, margin in sorted(guardrails.items())}}


def _open_phase(experiment: Experiment) -> ExperimentPhase:
    return ExperimentPhase.objects.create(
        experiment=experiment,
        number=experiment.phase,
        traffic_split=experiment.traffic_split,
        enrolled_share=experiment.enrolled_share,
    )


def _close_phase(experiment: Experiment) -> None:
    experiment.phases.filter(ended_at=None).update(ended_at=timezone.now())


def _end(experiment: Experiment, status: ExperimentStatus) -> None:
    _close_phase(experiment)
    experiment.status, experiment.is_active, experiment.end_date = status, False, timezone.now()
    experiment.save(update_fields=["status", "is_active", "end_date", "conclusion"])
    transaction.on_commit(forget_running_experiments)


def check_experiment_split(experiment: Experiment) -> SampleRatioCheck:
    """Compare the exposed users of the current phase with the planned split."""
    exposed = experiment.exposures.filter(phase=experiment.phase)
    counts = [exposed.filter(arm=arm).count() for arm in (Arm.A, Arm.B)]
    return check_sample_ratio(counts[0], counts[1], experiment.share_b)
