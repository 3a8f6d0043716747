"""Assignment of users to arms, and what is recorded of them: exposures, outcomes, failed comparisons."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid4

import structlog
from celery import current_app
from django.db import transaction
from django.utils.translation import gettext
from kombu.exceptions import OperationalError

from accounts.models import User
from experiments import assignment
from experiments.metrics import ERROR, is_recordable
from experiments.models import Arm, Experiment, Exposure, RecordedMetric
from modelops.models import EVERY_PROFILE

REFRESH_SECONDS = 1.0
"""Seconds a process uses the experiments it last read."""

_MAX_VALUE = 1e12

log = structlog.get_logger(__name__)


class RecordingError(Exception):
    """The outcome cannot be recorded; the message is fit for the client."""


class RecordedBeforeError(Exception):
    """The same event was recorded before with another value."""


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
        self._read_at = -REFRESH_SECONDS

    def find_for_profile(self, profile: str) -> Experiment | None:
        """Return the running experiment of a profile, else the one of all profiles."""
        if time.monotonic() - self._read_at >= REFRESH_SECONDS:
            self._rows = {row.profile: row for row in Experiment.objects.running()}
            self._read_at = time.monotonic()
        return self._rows.get(profile) or self._rows.get(EVERY_PROFILE)

    def invalidate(self) -> None:
        """Read the experiments again at the next request."""
        self._read_at = -REFRESH_SECONDS


_running_experiments = _RunningExperiments()


def forget_running_experiments() -> None:
    """Let this process read the running experiments again at its next request."""
    _running_experiments.invalidate()


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
        experiment.share_b,
    )
    if arm is None:
        return None
    model_id = experiment.model_b_id if arm == Arm.B else experiment.model_a_id
    return ExperimentAssignment(experiment.pk, experiment.phase, arm, model_id)


def record_exposure(user: User, assigned: ExperimentAssignment) -> None:
    """Record the first exposure of a user to an arm in a phase."""
    _record_exposure_once(assigned.experiment_id, assigned.phase, assigned.arm, user.pk)


@transaction.atomic
def record_metric(
    experiment: Experiment, user: User, name: str, value: float, event: str
) -> tuple[RecordedMetric, bool]:
    """Record an outcome of a user under the arm the user met, and say whether it is new.

    The same user, name and event are recorded once: a repetition returns the stored row. Raises
    :class:`RecordingError` for a reserved name, a value that is no number, an experiment that does not run or
    a user without an exposure; :class:`RecordedBeforeError` for a repetition with another value.
    """
    if not is_recordable(name):
        raise RecordingError(
            gettext("Use another name: lower-case letters, digits and _, and none that is measured.")
        )
    if not math.isfinite(value) or abs(value) > _MAX_VALUE:
        raise RecordingError(gettext("The value must be a number of at most a million millions."))
    if not experiment.is_active:
        raise RecordingError(gettext("This experiment is not running."))
    exposure = Exposure.objects.filter(experiment=experiment, user=user, phase=experiment.phase).first()
    if exposure is None:
        raise RecordingError(
            gettext("No comparison of yours has been part of this experiment in its current phase.")
        )
    row, created = RecordedMetric.objects.get_or_create(
        experiment=experiment,
        user=user,
        name=name,
        event=event,
        defaults={"phase": exposure.phase, "arm": exposure.arm, "value": value},
    )
    if row.value != value:
        raise RecordedBeforeError
    return row, created


def report_error(user: User, assigned: ExperimentAssignment) -> None:
    """Queue the record of a failed comparison: the transaction of the request may be rolled back.

    Without a broker the failure is still in the log and in the count of answers.
    """
    arguments = (str(assigned.experiment_id), str(user.pk), assigned.phase, assigned.arm, str(uuid4()))
    try:
        current_app.send_task("experiments.tasks.record_failed_comparison", arguments, retry=False)
    except OperationalError:
        log.warning("experiment_error_not_recorded", experiment=arguments[0])


def record_error(experiment_id: UUID, user_id: UUID, phase: int, arm: str, event: str) -> None:
    """Write a failed comparison of an arm, and the exposure it was; repeatable."""
    exposure = Exposure(experiment_id=experiment_id, user_id=user_id, arm=arm, phase=phase)
    row = RecordedMetric(
        experiment_id=experiment_id,
        user_id=user_id,
        phase=phase,
        arm=arm,
        name=ERROR,
        value=1.0,
        event=event,
    )
    with transaction.atomic():
        Exposure.objects.bulk_create([exposure], ignore_conflicts=True)
        RecordedMetric.objects.bulk_create([row], ignore_conflicts=True)
