"""Start and stop of experiments, assignment of users, and exposures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from experiments import assignment
from experiments.models import Arm, Experiment, ExperimentStatus, Exposure
from experiments.significance import SampleRatioCheck, check_sample_ratio
from modelops.models import EVERY_PROFILE, LiveSlot

_REFRESH_SECONDS = 1.0
"""Seconds a process uses the experiments it last read."""


class ExperimentError(Exception):
    """The experiment cannot be changed like this; the message is fit for the screen."""


@dataclass(frozen=True)
class ExperimentAssignment:
    """The arm of a user, and the version that answers there."""

    experiment_id: UUID
    phase: int
    arm: str
    model_id: UUID


class _RunningExperiments:
    """The running experiments as this process last read them, by profile."""

    def __init__(self) -> None:
        self._rows: dict[str, Experiment] = {}
        self._read_at = -_REFRESH_SECONDS

    def find_for_profile(self, profile: str) -> Experiment | None:
        """Return the running experiment of a profile, else the one of all profiles."""
        if time.monotonic() - self._read_at >= _REFRESH_SECONDS:
            self._rows = {row.profile: row for row in Experiment.objects.running()}
            self._read_at = time.monotonic()
        return self._rows.get(profile) or self._rows.get(EVERY_PROFILE)

    def invalidate(self) -> None:
        """Read the experiments again at the next request."""
        self._read_at = -_REFRESH_SECONDS


_running_experiments = _RunningExperiments()


@lru_cache(maxsize=100_000)
def _record_exposure_once(experiment_id: UUID, phase: int, arm: str, user_id: UUID) -> None:
    """Write an exposure; the cache keeps later requests of this process from writing again."""
    row = Exposure(experiment_id=experiment_id, user_id=user_id, arm=arm, phase=phase)
    Exposure.objects.bulk_create([row], ignore_conflicts=True)


def assign_arm(user: User, profile: str) -> ExperimentAssignment | None:
    """Return the arm of a user under a profile, or ``None`` outside every experiment. Writes nothing."""
    experiment = _running_experiments.find_for_profile(profile)
    if experiment is None:
        return None
    arm = assignment.choose_arm(
        str(experiment.pk),
        str(user.pk),
        experiment.enrolment_salt,
        experiment.variant_salt,
        float(experiment.enrolled_share),
        float(experiment.traffic_split),
    )
    if arm is None:
        return None
    model_id = experiment.model_b_id if arm == Arm.B else experiment.model_a_id
    return ExperimentAssignment(experiment.pk, experiment.phase, arm, model_id)


def record_exposure(user: User, assigned: ExperimentAssignment) -> None:
    """Record the first exposure of a user to an arm."""
    _record_exposure_once(assigned.experiment_id, assigned.phase, assigned.arm, user.pk)


@transaction.atomic
def start_experiment(experiment: Experiment, actor: User) -> Experiment:
    """Start to assign users. Raises :class:`ExperimentError` unless a draft with both versions live."""
    experiment = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if experiment.status != ExperimentStatus.DRAFT:
        raise ExperimentError("only a draft can be started")
    slots = LiveSlot.objects.filter(profile__in=[experiment.profile, EVERY_PROFILE])
    live = set(slots.values_list("deployment__model_id", flat=True))
    if not {experiment.model_a_id, experiment.model_b_id} <= live:
        raise ExperimentError("both versions must be live: A as champion, B as challenger")
    experiment.status, experiment.is_active, experiment.start_date = (
        ExperimentStatus.RUNNING,
        True,
        timezone.now(),
    )
    experiment.save(update_fields=["status", "is_active", "start_date"])
    trail.record_event("experiment.started", experiment, actor, split=str(experiment.traffic_split))
    transaction.on_commit(_running_experiments.invalidate)
    return experiment


@transaction.atomic
def stop_experiment(experiment: Experiment, actor: User, reason: str) -> Experiment:
    """End the experiment; all users get the champion again.

    Raises :class:`ExperimentError` unless it is running.
    """
    experiment = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if experiment.status != ExperimentStatus.RUNNING:
        raise ExperimentError("only a running experiment can be stopped")
    experiment.status, experiment.is_active, experiment.end_date = (
        ExperimentStatus.STOPPED,
        False,
        timezone.now(),
    )
    experiment.save(update_fields=["status", "is_active", "end_date"])
    trail.record_event("experiment.stopped", experiment, actor, reason=reason)
    transaction.on_commit(_running_experiments.invalidate)
    return experiment


def check_experiment_split(experiment: Experiment) -> SampleRatioCheck:
    """Compare the exposed users of the current phase with the planned split."""
    exposed = experiment.exposures.filter(phase=experiment.phase)
    counts = [exposed.filter(arm=arm).count() for arm in (Arm.A, Arm.B)]
    return check_sample_ratio(counts[0], counts[1], float(experiment.traffic_split))
