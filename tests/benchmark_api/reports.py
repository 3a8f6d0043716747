"""Reports of a year over the API and as pages, with ten thousand rows and with many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Role, User
from analytics import rollup
from analytics.models import DailyVolume, HourlyReview, HourlyVolume, RollUpProgress
from matching.models import Prediction
from tests.benchmark_api.measures import Scale, empty_tables, measure_p95
from tests.benchmark_api.system import fill, find_person

FEW = 10_000
CLIENTS = 5
_YEAR_SECONDS = 365 * 86_400
_PATHS = {
    "`analytics/daily-metrics`": "/api/v1/analytics/daily-metrics?preset=365",
    "`analytics/daily-metrics`, a profile": "/api/v1/analytics/daily-metrics?preset=365&profile=kyc",
    "`analytics/user-activity`": "/api/v1/analytics/user-activity?preset=365",
    "`analytics/model-performance-trends`": "/api/v1/analytics/model-performance-trends?preset=365",
    "executive dashboard": "/admin/analytics/executive/?preset=365",
}
_SPREAD = """
UPDATE predictions SET created_at = %(begin)s + n * interval '1 second' * %(seconds)s,
  user_id = (%(users)s::uuid[])[1 + n %% %(clients)s],
  profile = (ARRAY['general', 'kyc', 'ucc'])[1 + n %% 3], source = (ARRAY['api', 'page'])[1 + n %% 2]
FROM (SELECT id AS row, row_number() OVER () AS n FROM predictions) numbered WHERE id = numbered.row
"""


def reports(port: int, administrator: User, scale: Scale) -> Iterator[str]:
    """p95 of a year's reports: five clients, three profiles and two sources at every hour of it."""
    measured = []
    for rows in (FEW, scale.list_rows):
        _write_year(administrator, rows)
        measured.append((DailyVolume.objects.count(), _measure(port, administrator)))
    (few_days, few), (many_days, many) = measured
    yield f"{CLIENTS} clients, 3 profiles, 2 sources: {few_days:,} and {many_days:,} rows of days.\n"
    yield f"| report, p95 in ms | {FEW:,} predictions | {scale.list_rows:,} (≤ 300) | times (≤ 1.5) |"
    yield "|---|---|---|---|"
    for name in _PATHS:
        yield f"| {name} | {few[name]:.1f} | {many[name]:.1f} | {many[name] / few[name]:.2f} |"
    _empty()


def _measure(port: int, administrator: User) -> dict[str, float]:
    return {name: measure_p95(port, administrator, path) for name, path in _PATHS.items()}


def _write_year(administrator: User, rows: int) -> None:
    """Write so many predictions spread over the year until now, and roll them up."""
    _empty()
    fill(administrator, rows)
    begin = timezone.now() - timedelta(seconds=_YEAR_SECONDS)
    users = [find_person(Role.CLIENT, f"client{number}@example.com").pk for number in range(CLIENTS)]
    values: dict[str, Any] = {
        "begin": begin,
        "seconds": _YEAR_SECONDS / rows,
        "users": users,
        "clients": CLIENTS,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # stored predictions are never changed
        cursor.execute(_SPREAD, values)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE predictions")
    assert Prediction.objects.count() == rows
    rollup.roll_up(rollup.floor_hour(begin), rollup.floor_hour(timezone.now()) + rollup.HOUR)
    RollUpProgress.objects.update_or_create(defaults={"rolled_until": rollup.floor_hour(timezone.now())})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE hourly_volumes, daily_volumes")
        cursor.execute("CHECKPOINT")


def _empty() -> None:
    empty_tables()
    for table in (DailyVolume, HourlyVolume, HourlyReview, RollUpProgress):
        table.objects.all().delete()
