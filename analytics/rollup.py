"""Roll-ups: predictions and review decisions counted by the hour, for reports that stay fast.

A period is replaced as a whole in one transaction, so rolling up again changes nothing and repairs what is
wrong. Rows of predictions, bulk counts and decisions are never deleted, so every hour can be counted again.
The days that a period touches are summed from their hours in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, DecimalField, F, Max, Min, Model, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate, TruncHour
from django.utils import timezone

from accounts.ids import build_min_uuid7
from analytics.models import DailyVolume, HourlyReview, HourlyVolume, RollUpProgress
from feedback.models import Feedback
from matching.models import BulkCount, Prediction, PredictionSource, ReviewStream, VerdictChoice

HOUR = timedelta(hours=1)
OVERLAP = 2 * HOUR
"""Hours that are counted again: decisions can be undone, and long transactions commit late."""

_SPAN = timedelta(days=7)
"""Longest period that is replaced in one transaction."""

_MAX_SPANS = 60
"""Most periods of one run of the task, so that years of history are caught up in a few runs."""

_LOCK = 0x726F6C6C
# Rows of bulk jobs are counted when they are compared, also those that are sent to reviewers.
_UNCOUNTED = (PredictionSource.IMPORT, PredictionSource.GOLD, PredictionSource.JOB)
_BATCH_ROWS = 1_000
_SUMMED = ("immaterial", "review", "material", "cached", "confidence_sum")


@dataclass(frozen=True)
class HourDifference:
    """An hour or day whose roll-up differs from the rows: what is counted, in the rows and in the roll-up."""

    hour: datetime
    what: str
    in_rows: int
    in_rollup: int


def floor_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour of a moment, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def floor_day(moment: datetime) -> datetime:
    """Return the beginning of the day of a moment, in UTC."""
    return floor_hour(moment).replace(hour=0)


def roll_up_new_hours(now: datetime) -> int:
    """Roll up what is new since the last run, the hour that runs included; return the hours counted."""
    start, hours = find_start(now), 0
    for begin, end in list(_split_period(start, floor_hour(now) + HOUR))[:_MAX_SPANS]:
        roll_up(begin, end)
        _save_progress(min(end, floor_hour(now)))
        hours += round((end - begin) / HOUR)
    return hours


def find_start(now: datetime) -> datetime:
    """Return the first hour to count: a little before the last run, or the first hour with a row."""
    progress = RollUpProgress.objects.first()
    return progress.rolled_until - OVERLAP if progress else find_first_hour(now)


def find_first_hour(now: datetime) -> datetime:
    """Return the hour of the first prediction or row of a file; that of ``now`` without one."""
    firsts = [
        Prediction.objects.aggregate(at=Min("created_at"))["at"],
        BulkCount.objects.aggregate(at=Min("at"))["at"],
    ]
    return floor_hour(min([at for at in firsts if at], default=now))


def repair(start: datetime, end: datetime) -> int:
    """Count every hour from ``start`` to ``end`` again; return how many hours and days differed."""
    differences = verify(start, end)
    for begin, until in _split_period(start, end):
        roll_up(begin, until)
    return len(differences)


def verify(start: datetime, end: datetime) -> list[HourDifference]:
    """Return the hours from ``start`` to ``end`` whose roll-up differs from the rows."""
    differences: list[HourDifference] = []
    for begin, until in _split_period(start, end):
        differences += _compare(
            "predictions",
            (*_count_predictions(begin, until), *_count_files(begin, until)),
            HourlyVolume.objects.filter(hour__gte=begin, hour__lt=until),
        )
        days = _select_days(begin, until)
        differences += _compare("predictions of the day", _sum_days(begin, until), days)
        reviews = HourlyReview.objects.filter(hour__gte=begin, hour__lt=until)
        differences += _compare("decisions", _count_decisions(begin, until), reviews)
    return differences


@transaction.atomic
def roll_up(start: datetime, end: datetime) -> None:
    """Replace the roll-ups of the hours from ``start`` to ``end`` by what the rows say; both full hours."""
    with connection.cursor() as cursor:  # two runs at once would insert the same hour twice
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    volumes = [*_count_predictions(start, end), *_count_files(start, end)]
    _replace(HourlyVolume.objects.filter(hour__gte=start, hour__lt=end), volumes)
    _replace(_select_days(start, end), _sum_days(start, end))
    reviews = HourlyReview.objects.filter(hour__gte=start, hour__lt=end)
    _replace(reviews, _count_decisions(start, end))


def _replace(current: QuerySet[Any], rows: Iterable[Model]) -> None:
    current.delete()
    current.model._base_manager.bulk_create(rows, batch_size=_BATCH_ROWS)


def _split_period(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    begin = floor_hour(start)
    while begin < end:
        until = min(begin + _SPAN, end)
        yield begin, until
        begin = until


def _save_progress(rolled_until: datetime) -> None:
    values = {"rolled_until": rolled_until, "at": timezone.now()}
    RollUpProgress.objects.update_or_create(pk=1, defaults=values)


def _count_predictions(start: datetime, end: datetime) -> list[HourlyVolume]:
    """Count single requests and batches; labels and gold items are no traffic."""
    rows = Prediction.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    counted = rows.exclude(source__in=_UNCOUNTED).exclude(stream=ReviewStream.GOLD)
    keys = counted.annotate(hour=TruncHour("created_at", tzinfo=UTC), client_id=F("user_id"))
    verdicts: dict[str, Any] = {
        verdict: Count("pk", filter=Q(verdict=verdict)) for verdict in VerdictChoice.values
    }
    values = keys.values("hour", "profile", "kind", "source", "client_id", "model_id").annotate(
        **verdicts,
        cached=Count("pk", filter=Q(cached=True)),
        confidence_sum=_sum_decimals("confidence"),
        last_at=Max("created_at"),
    )
    return [HourlyVolume(**row) for row in values]


def _count_files(start: datetime, end: datetime) -> list[HourlyVolume]:
    """Count the rows of bulk jobs that were compared."""
    rows = BulkCount.objects.filter(at__gte=start, at__lt=end).order_by()
    keys = rows.annotate(hour=TruncHour("at", tzinfo=UTC), client_id=F("user_id"))
    totals: dict[str, Any] = {f"sum_of_{verdict}": Sum(verdict) for verdict in VerdictChoice.values}
    grouped = keys.values("hour", "profile", "kind", "client_id", "model_id").annotate(
        **totals, confidence=_sum_decimals("confidence_sum"), last_at=Max("at")
    )
    return [_build_file_volume(dict(row)) for row in grouped]


def _build_file_volume(row: dict[str, Any]) -> HourlyVolume:
    verdicts = {verdict: row.pop(f"sum_of_{verdict}") for verdict in VerdictChoice.values}
    confidence = row.pop("confidence")
    return HourlyVolume(**row, **verdicts, confidence_sum=confidence, source=PredictionSource.JOB, cached=0)


def _select_days(start: datetime, end: datetime) -> QuerySet[DailyVolume]:
    return DailyVolume.objects.filter(day__gte=start.date(), day__lte=(end - HOUR).date())


def _sum_days(start: datetime, end: datetime) -> list[DailyVolume]:
    """Sum the hours of every day that a period touches."""
    day_after = floor_day(end - HOUR) + timedelta(days=1)
    rows = HourlyVolume.objects.filter(hour__gte=floor_day(start), hour__lt=day_after).order_by()
    keys = rows.annotate(day=TruncDate("hour", tzinfo=UTC))
    totals: dict[str, Any] = {f"sum_of_{name}": Sum(name) for name in _SUMMED}
    grouped = keys.values("day", "profile", "kind", "source", "client_id", "model_id").annotate(
        **totals, newest_at=Max("last_at")
    )
    return [_build_day(dict(row)) for row in grouped]


def _build_day(row: dict[str, Any]) -> DailyVolume:
    sums = {name: row.pop(f"sum_of_{name}") for name in _SUMMED}
    return DailyVolume(**sums, last_at=row.pop("newest_at"), **row)


def _sum_decimals(column: str) -> Coalesce:
    kind: DecimalField[Any, Any] = DecimalField(max_digits=14, decimal_places=4)
    return Coalesce(Sum(column), Value(0), output_field=kind)


def _count_decisions(start: datetime, end: datetime) -> list[HourlyReview]:
    """Count first decisions; the ids, made of times, bound the search."""
    ids = {"pk__gte": build_min_uuid7(start - HOUR), "pk__lt": build_min_uuid7(end + HOUR)}
    rows = Feedback.objects.initial_decisions().filter(**ids, created_at__gte=start, created_at__lt=end)
    against = Q(user_correction__isnull=False) & ~Q(user_correction=F("prediction__prediction"))
    overrides = against & (~Q(prediction__verdict=VerdictChoice.REVIEW) | Q(user_correction=False))
    caught = Q(user_correction=True, prediction__verdict=VerdictChoice.IMMATERIAL)
    grouped = (
        rows.exclude(stream=ReviewStream.GOLD)
        .order_by()
        .annotate(
            hour=TruncHour("created_at", tzinfo=UTC),
            of_profile=F("prediction__profile"),
            of_kind=F("prediction__kind"),
            of_model=F("prediction__model_id"),
        )
        .values_list("hour", "reviewer_id", "of_profile", "of_kind", "of_model")
        .annotate(
            decisions=Count("pk"),
            overrides=Count("pk", filter=overrides),
            caught=Count("pk", filter=caught),
            last_at=Max("created_at"),
        )
    )
    names = (
        "hour", "reviewer_id", "profile", "kind", "model_id", "decisions", "overrides", "caught", "last_at",
    )  # fmt: skip
    return [HourlyReview(**dict(zip(names, row, strict=True))) for row in grouped]


def _compare(
    what: str, expected: Iterable[HourlyVolume | DailyVolume | HourlyReview], stored: QuerySet[Any]
) -> list[HourDifference]:
    in_rows, in_rollup = _group_by_hour(expected), _group_by_hour(stored)
    return [
        HourDifference(hour, what, _count(in_rows.get(hour)), _count(in_rollup.get(hour)))
        for hour in sorted(in_rows.keys() | in_rollup.keys())
        if in_rows.get(hour) != in_rollup.get(hour)
    ]


def _group_by_hour(rows: Iterable[Any]) -> dict[datetime, set[tuple[Any, ...]]]:
    groups: dict[datetime, set[tuple[Any, ...]]] = {}
    for row in rows:
        values = [getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"]
        hour = _begin_day(row.day) if isinstance(row, DailyVolume) else row.hour
        groups.setdefault(hour, set()).add((*values, row.count))
    return groups


def _begin_day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _count(rows: set[tuple[Any, ...]] | None) -> int:
    return sum(row[-1] for row in rows or ())
