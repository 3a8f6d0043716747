"""The planned looks of an experiment at its primary metric: at the end of each day until the planned end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from analytics.experiments.user_table import UserTable
from experiments.group_sequential import find_deciding_look
from experiments.intervals import ArmComparison, Interval
from experiments.models import Experiment, ExperimentPhase

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PlannedLooks:
    """The looks taken so far of ``planned`` ones, and the one that decided (from 1; 0 for none)."""

    planned: int
    comparisons: Sequence[ArmComparison | None]
    intervals: Sequence[Interval | None]
    deciding_look: int

    @property
    def taken(self) -> int:
        """Number of looks so far."""
        return len(self.comparisons)

    @property
    def comparison(self) -> ArmComparison | None:
        """The arms at the look that decided, else at the last one, with the interval of that look."""
        if not self.comparisons:
            return None
        at = (self.deciding_look or self.taken) - 1
        compared, interval = self.comparisons[at], self.intervals[at]
        if compared is None or interval is None:
            return compared
        return replace(compared, difference=interval, lift=_relate(interval, compared.a.interval))


def take_planned_looks(
    experiment: Experiment, phase: ExperimentPhase, table: UserTable, metric: str
) -> PlannedLooks | None:
    """Return the looks of a phase at a metric; ``None`` for an experiment without a planned end after it."""
    end = experiment.planned_end
    if end is None or end <= phase.started_at:
        return None
    last = (end - timedelta(microseconds=1)).astimezone(UTC).date()
    planned = (last - phase.started_at.date()).days + 1
    moment = phase.ended_at or timezone.now()
    days = [at for at, day in enumerate(table.days) if day <= last and _is_over(day, end, moment)]
    effect = float(experiment.smallest_effect)
    comparisons = [table.compare(metric, effect, at) for at in days]
    deciding, intervals = find_deciding_look(comparisons, planned)
    return PlannedLooks(planned, comparisons, intervals, deciding)


def _is_over(day: date, planned_end: datetime, moment: datetime) -> bool:
    """Say whether a day has ended; the last one ends with the planned end."""
    midnight = datetime.combine(day, time.min, UTC) + _DAY
    return min(midnight, planned_end) <= moment


def _relate(difference: Interval, a: Interval | None) -> Interval | None:
    """Return a difference relative to A's mean; ``None`` where that is not positive."""
    if a is None or a.estimate <= 0:
        return None
    mean = a.estimate
    return Interval(difference.estimate / mean, difference.low / mean, difference.high / mean)
