"""The report of model performance: accuracy, precision, recall, review share and drift by version and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Length, TruncDate

from analytics.reports import volumes
from analytics.reports.period import EVERYTHING, ReportFilter, ReportPeriod
from analytics.reports.volumes import Volume
from modelops.models import DriftReport, ModelMetric, ModelVersion

FIGURES = ("accuracy", "precision", "recall")
_BOUNDS = {"": "value", ", at least": "low", ", at most": "high"}
_NAMES = {
    f"{figure} (labelled{bound})": (figure, part) for figure in FIGURES for bound, part in _BOUNDS.items()
}
_DAY_LENGTH = len("2026-01-31")
"""Windows of days are named like this, windows of hours are longer."""


@dataclass(frozen=True)
class Figure:
    """A figure from ``n`` audited labels with its interval (an anytime-valid 95 % interval)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True)
class VersionDay:
    """One version on one day; what was not measured is ``None``."""

    day: date
    volume: Volume
    figures: Mapping[str, Figure]
    drift: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the day as the API states it."""
        figures: dict[str, Any] = {}
        for name in FIGURES:
            figure = self.figures.get(name, Figure())
            figures |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
        share = self.volume.review_share
        return {
            "day": self.day.isoformat(),
            "predictions": self.volume.total,
            "review_share": None if share is None else round(share, 4),
            **figures,
            "labels": self.figures.get("accuracy", Figure()).n,
            "drift_psi": None if self.drift is None else round(self.drift, 4),
        }


@dataclass(frozen=True)
class VersionTrend:
    """One version over the days of a period on which it answered or was measured."""

    version: str
    total: int
    days: Sequence[VersionDay]

    @property
    def newest(self) -> Figure:
        """The newest measured accuracy; without a value where none was."""
        measured = [row.figures["accuracy"] for row in self.days if "accuracy" in row.figures]
        return measured[-1] if measured else Figure()


@dataclass(frozen=True)
class PerformanceTrends:
    """The versions of a period, the one with the most predictions first."""

    period: ReportPeriod
    versions: Sequence[VersionTrend]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the API states it."""
        versions = [
            {"version": row.version, "predictions": row.total, "days": [day.to_dict() for day in row.days]}
            for row in self.versions
        ]
        return {"period": self.period.to_dict(), "versions": versions}


def get_model_performance_trends(
    period: ReportPeriod, restriction: ReportFilter = EVERYTHING
) -> PerformanceTrends:
    """Return the performance of every version that answered in a period, day by day.

    Accuracy, precision and recall rest on random-audit labels; they are measured over all profiles or over
    the one of the filter, never by kind, source or client.
    """
    by_version = _sum_by_version(period, restriction)
    drift, figures = _read_drift(period, restriction), _read_figures(period, restriction, by_version)
    models = {
        row.pk: str(row) for row in ModelVersion.objects.filter(pk__in=by_version).only("name", "version")
    }
    trends = []
    for key, volume_by_day in by_version.items():
        days = sorted(volume_by_day.keys() | figures[key].keys())
        rows = [
            VersionDay(
                day, volume_by_day.get(day, Volume()), figures[key].get(day, {}), drift.get((key, day))
            )
            for day in days
        ]
        trends.append(VersionTrend(models[key], sum(row.volume.total for row in rows), rows))
    return PerformanceTrends(period, sorted(trends, key=lambda row: (-row.total, row.version)))


def _sum_by_version(period: ReportPeriod, restriction: ReportFilter) -> dict[UUID, dict[date, Volume]]:
    rows = volumes.select_volumes(period, restriction)
    by_version: dict[UUID, dict[date, Volume]] = defaultdict(dict)
    for row in rows.values("model_id", "day").annotate(**volumes.VOLUME_SUMS):
        by_version[row["model_id"]][row["day"]] = volumes.build_volume(row)
    return by_version


def _read_figures(
    period: ReportPeriod, restriction: ReportFilter, versions: Mapping[UUID, Any]
) -> dict[UUID, dict[date, dict[str, Figure]]]:
    """Return the figures of versions by day; a day is measured at its end."""
    rows = ModelMetric.objects.filter(
        model__in=versions,
        metric_name__in=_NAMES,
        slice=restriction.profile,
        recorded_at__gt=period.start,
        recorded_at__lte=period.end,
    ).annotate(length=Length("window"))
    parts: dict[tuple[UUID, date, str], dict[str, Any]] = defaultdict(dict)
    columns = ("model_id", "window", "metric_name", "metric_value", "n")
    for key, window, metric, value, n in rows.filter(length=_DAY_LENGTH).values_list(*columns).order_by():
        figure, part = _NAMES[metric]
        parts[key, date.fromisoformat(window), figure] |= {part: float(value), "n": n or 0}
    figures: dict[UUID, dict[date, dict[str, Figure]]] = defaultdict(lambda: defaultdict(dict))
    for (key, day, figure), values in parts.items():
        figures[key][day][figure] = Figure(**values)
    return figures


def _read_drift(period: ReportPeriod, restriction: ReportFilter) -> dict[tuple[UUID, date], float]:
    """Return the largest PSI of the daily reports of each version and day."""
    rows = DriftReport.objects.filter(
        span=DriftReport.Span.DAY, start__gte=period.start, end__lte=period.end
    ).order_by()
    for column in ("profile", "kind"):
        if value := getattr(restriction, column):
            rows = rows.filter(**{column: value})
    largest = rows.annotate(day=TruncDate("start", tzinfo=UTC)).values_list("model_id", "day")
    return {(key, day): psi for key, day, psi in largest.annotate(psi=Max("largest_psi"))}
