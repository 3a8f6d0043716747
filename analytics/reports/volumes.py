"""Sums of daily volumes and hourly reviews: what every report and dashboard counts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate

from analytics.models import DailyVolume, HourlyReview, RollUpProgress
from analytics.reports.period import ReportFilter, ReportPeriod


@dataclass(frozen=True)
class Volume:
    """Predictions by verdict, and the sum of confidence over those that were decided."""

    immaterial: int = 0
    review: int = 0
    material: int = 0
    cached: int = 0
    confidence_sum: float = 0.0

    @property
    def total(self) -> int:
        """Number of all predictions."""
        return self.immaterial + self.review + self.material

    @property
    def automatic(self) -> int:
        """Number of predictions that no person has to look at."""
        return self.immaterial + self.material

    @property
    def average_confidence(self) -> float | None:
        """Mean confidence of the decided predictions, in [0, 1]; ``None`` without one."""
        return self.confidence_sum / self.automatic if self.automatic else None

    @property
    def automatic_share(self) -> float | None:
        """Share that no person has to look at, in [0, 1]; ``None`` without predictions."""
        return self.automatic / self.total if self.total else None

    @property
    def review_share(self) -> float | None:
        """Share of the verdict *review*, in [0, 1]; ``None`` without predictions."""
        return self.review / self.total if self.total else None

    @property
    def material_share(self) -> float | None:
        """Share of the verdict *material*, in [0, 1]; ``None`` without predictions."""
        return self.material / self.total if self.total else None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as the API states them."""
        counts = {"total": self.total, **asdict(self)}
        del counts["confidence_sum"], counts["cached"]
        return {**counts, "average_confidence": _round(self.average_confidence)}


@dataclass(frozen=True)
class ReviewVolume:
    """First decisions of reviewers: all, those against the model, and *material* after *immaterial*."""

    decisions: int = 0
    overrides: int = 0
    caught: int = 0

    @property
    def override_share(self) -> float | None:
        """Overrides over decisions, in [0, 1]; ``None`` without a decision."""
        return self.overrides / self.decisions if self.decisions else None


VOLUME_SUMS: dict[str, Any] = {
    f"sum_of_{name}": Sum(name) for name in ("immaterial", "review", "material", "cached", "confidence_sum")
}
"""Aggregates of :class:`DailyVolume` that :func:`build_volume` reads."""

_REVIEW_SUMS: dict[str, Any] = {f"sum_of_{name}": Sum(name) for name in ("decisions", "overrides", "caught")}


def select_volumes(period: ReportPeriod, restriction: ReportFilter) -> QuerySet[DailyVolume]:
    """Return the daily volumes of a period that pass the filter."""
    rows = DailyVolume.objects.filter(day__gte=period.first, day__lte=period.last).order_by()
    return rows.filter(**_list_conditions(restriction, "client_id", source=restriction.source))


def select_reviews(period: ReportPeriod, restriction: ReportFilter) -> QuerySet[HourlyReview]:
    """Return the hourly reviews of a period that pass the filter; decisions have no source."""
    rows = HourlyReview.objects.filter(hour__gte=period.start, hour__lt=period.end).order_by()
    return rows.filter(**_list_conditions(restriction, "reviewer_id"))


def sum_volume(period: ReportPeriod, restriction: ReportFilter) -> Volume:
    """Return the volume of a period."""
    return build_volume(select_volumes(period, restriction).aggregate(**VOLUME_SUMS))


def sum_volumes_by(column: str, period: ReportPeriod, restriction: ReportFilter) -> dict[Any, Volume]:
    """Return the volumes of a period by a column of :class:`DailyVolume`, the largest first."""
    rows = select_volumes(period, restriction).values(column).annotate(**VOLUME_SUMS)
    volumes = {row[column]: build_volume(row) for row in rows}
    return dict(sorted(volumes.items(), key=lambda entry: (-entry[1].total, str(entry[0]))))


def sum_volumes_by_day(period: ReportPeriod, restriction: ReportFilter) -> dict[date, Volume]:
    """Return the volume of every day of a period; a day without predictions has one of zeros."""
    rows = select_volumes(period, restriction).values("day")
    volumes = {row["day"]: build_volume(row) for row in rows.annotate(**VOLUME_SUMS)}
    return {day: volumes.get(day, Volume()) for day in period.days}


def sum_reviews(period: ReportPeriod, restriction: ReportFilter) -> ReviewVolume:
    """Return the decisions of a period."""
    return _build_reviews(select_reviews(period, restriction).aggregate(**_REVIEW_SUMS))


def sum_reviews_by_day(period: ReportPeriod, restriction: ReportFilter) -> dict[date, ReviewVolume]:
    """Return the decisions of every day of a period."""
    rows = select_reviews(period, restriction).annotate(day=TruncDate("hour", tzinfo=UTC)).values("day")
    volumes = {row["day"]: _build_reviews(row) for row in rows.annotate(**_REVIEW_SUMS)}
    return {day: volumes.get(day, ReviewVolume()) for day in period.days}


def sum_reviews_by(column: str, period: ReportPeriod, restriction: ReportFilter) -> dict[Any, ReviewVolume]:
    """Return the decisions of a period by a column of :class:`HourlyReview`, the largest first."""
    rows = select_reviews(period, restriction).values(column).annotate(**_REVIEW_SUMS)
    volumes = {row[column]: _build_reviews(row) for row in rows}
    return dict(sorted(volumes.items(), key=lambda entry: (-entry[1].decisions, str(entry[0]))))


def get_progress() -> RollUpProgress | None:
    """Return when the hours were last counted; ``None`` before the first time."""
    return RollUpProgress.objects.first()


def _list_conditions(restriction: ReportFilter, person: str, **others: str) -> dict[str, Any]:
    parts = {
        "profile": restriction.profile, "kind": restriction.kind, person: restriction.client, **others,
    }  # fmt: skip
    return {column: value for column, value in parts.items() if value}


def build_volume(row: Mapping[str, Any]) -> Volume:
    """Return the volume of a row with :data:`VOLUME_SUMS`."""
    counts = {
        name: int(row[f"sum_of_{name}"] or 0) for name in ("immaterial", "review", "material", "cached")
    }
    return Volume(**counts, confidence_sum=float(row["sum_of_confidence_sum"] or 0))


def _build_reviews(row: Mapping[str, Any]) -> ReviewVolume:
    return ReviewVolume(**{name: row[f"sum_of_{name}"] or 0 for name in ("decisions", "overrides", "caught")})


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
