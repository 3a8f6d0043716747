"""The exposed users of one phase with the sums of their metrics, as arrays over users and days."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from accounts.ids import build_min_uuid7
from analytics.experiments.outcomes import DaySum, add_error_rate, read_day_sums, read_recorded_sums
from experiments.intervals import UNBOUNDED, ArmComparison, Values, compare_arms
from experiments.metrics import AUTOMATIC_METRICS, Unit
from experiments.models import Arm, Experiment, ExperimentPhase
from matching.models import Prediction
from modelops.models import EVERY_PROFILE

SETTLING = timedelta(seconds=2)
"""Time at the start of a phase that is left out: processes learn of a new split within a second."""
PERIOD_BEFORE = timedelta(days=28)
"""Period before the experiment whose habits of a user explain part of what the user does in it."""

_BEFORE_METRICS = ("review_share", "material_share", "latency_ms", "appeal_rate")
_DEFAULT_EFFECT = 0.1
_SMALLEST_SCALES = {"share": 0.01, "ms": 1.0, "hours": 0.1, "number": 1e-6}


@dataclass(frozen=True)
class UserTable:
    """Sums and counts by metric, each an array of users by days (both cumulative over the days)."""

    in_b: NDArray[np.bool_]
    days: list[date]
    totals: Mapping[str, Values]
    counts: Mapping[str, Values]
    before: Mapping[str, Values] = field(default_factory=dict)

    def count_users(self) -> tuple[int, int]:
        """Return the exposed users of A and of B."""
        return int((~self.in_b).sum()), int(self.in_b.sum())

    def compare(self, metric: str, effect: float = _DEFAULT_EFFECT, day: int = -1) -> ArmComparison | None:
        """Compare the arms by the mean of each user, up to a day; ``None`` when nothing is stored.

        ``effect`` is the change of interest relative to the mean of all users.
        """
        if metric not in self.totals:
            return None
        count = self.counts[metric][:, day]
        met = count > 0
        if not met.any():
            return None
        values, arm = self.totals[metric][met, day] / count[met], self.in_b[met]
        scale = max(abs(float(values.mean())) * effect, _get_smallest_scale(metric))
        earlier = self.before.get(metric)
        before = None if earlier is None else (earlier[met][~arm], earlier[met][arm])
        return compare_arms((values[~arm], values[arm]), scale, before, bounds=_get_bounds(metric))


def build_user_table(experiment: Experiment, phase: ExperimentPhase) -> UserTable:
    """Read the exposed users of a phase and what was stored of them in it."""
    exposed = dict(experiment.exposures.filter(phase=phase.number).values_list("user_id", "arm"))
    end = phase.ended_at or timezone.now()
    sums = [
        *read_day_sums(select_phase_predictions(experiment, phase)),
        *read_recorded_sums(experiment, phase.number),
    ]
    valid = [row for row in add_error_rate(sums) if exposed.get(row.user) == row.arm]
    days = list_days(phase.started_at, end)
    users = {user: place for place, user in enumerate(exposed)}
    totals, counts = _fill_arrays(valid, users, days)
    in_b = np.array([arm == Arm.B for arm in exposed.values()], dtype=bool)
    return UserTable(in_b, days, totals, counts, _read_before(experiment, users))


def select_phase_predictions(experiment: Experiment, phase: ExperimentPhase) -> QuerySet[Prediction]:
    """Return the predictions of an experiment in one phase, without its first two seconds."""
    rows = Prediction.objects.filter(experiment=experiment, created_at__gte=phase.started_at + SETTLING)
    return rows.filter(created_at__lt=phase.ended_at) if phase.ended_at else rows


def list_days(start: datetime, end: datetime) -> list[date]:
    """Return the days (UTC) from start to end, both included."""
    return [start.date() + timedelta(days=at) for at in range((end.date() - start.date()).days + 1)]


def _fill_arrays(
    rows: Iterable[DaySum], users: Mapping[UUID, int], days: list[date]
) -> tuple[dict[str, Values], dict[str, Values]]:
    totals: dict[str, Values] = {}
    counts: dict[str, Values] = {}
    places = {day: at for at, day in enumerate(days)}
    for row in rows:
        place = users[row.user], places.get(row.day, len(days) - 1)
        for table, value in ((totals, row.total), (counts, row.size)):
            table.setdefault(row.metric, np.zeros((len(users), len(days))))[place] += value
    return (
        {name: table.cumsum(axis=1) for name, table in totals.items()},
        {name: table.cumsum(axis=1) for name, table in counts.items()},
    )


def _read_before(experiment: Experiment, users: Mapping[UUID, int]) -> dict[str, Values]:
    """Return each user's mean in the period before the experiment; ``nan`` without predictions in it."""
    start = experiment.start_date
    if start is None or not users:
        return {}
    rows = Prediction.objects.filter(
        user__in=list(users),
        pk__gte=build_min_uuid7(start - PERIOD_BEFORE),
        pk__lt=build_min_uuid7(start),
    )
    if experiment.profile != EVERY_PROFILE:
        rows = rows.filter(profile=experiment.profile)
    totals, counts = (np.zeros((len(_BEFORE_METRICS), len(users))) for _ in range(2))
    for row in read_day_sums(rows):
        if row.metric in _BEFORE_METRICS:
            place = _BEFORE_METRICS.index(row.metric), users[row.user]
            totals[place] += row.total
            counts[place] += row.size
    with np.errstate(invalid="ignore"):
        means = np.where(counts > 0, totals / counts, np.nan)
    return dict(zip(_BEFORE_METRICS, means, strict=True))


def _get_smallest_scale(metric: str) -> float:
    """Return the smallest scale of intervals: a metric that is nearly 0 everywhere still has one."""
    known = AUTOMATIC_METRICS.get(metric)
    return _SMALLEST_SCALES[known.unit.value if known else "number"]


def _get_bounds(metric: str) -> tuple[float, float]:
    """Return what values of a metric can be: shares end at 1, and no metric of ours is negative."""
    known = AUTOMATIC_METRICS.get(metric)
    if known is None:
        return UNBOUNDED
    return (0.0, 1.0) if known.unit == Unit.SHARE else (0.0, math.inf)
