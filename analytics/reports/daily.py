"""The report of daily metrics: predictions of each day by verdict, profile, source and client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext

from analytics.reports import volumes
from analytics.reports.people import ReportUser, load_users
from analytics.reports.period import EVERYTHING, ReportFilter, ReportPeriod
from analytics.reports.volumes import Volume
from matching.models import PredictionSource

MAX_CLIENTS = 20
"""Most clients that are listed."""


@dataclass(frozen=True)
class DailyMetrics:
    """Volumes of a period, of each of its days, of its parts, and of the period before."""

    period: ReportPeriod
    total: Volume
    before: Volume
    days: Mapping[date, Volume]
    profiles: Mapping[str, Volume]
    sources: Mapping[str, Volume]
    clients: Mapping[ReportUser, Volume]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the API states it."""
        return {
            "period": self.period.to_dict(),
            "total": self.total.to_dict(),
            "period_before": self.period.previous.to_dict(),
            "total_before": self.before.to_dict(),
            "days": [{"day": day.isoformat(), **row.to_dict()} for day, row in self.days.items()],
            "profiles": [{"profile": name, **row.to_dict()} for name, row in self.profiles.items()],
            "sources": [{"source": name, **row.to_dict()} for name, row in self.sources.items()],
            "clients": [{"client": user.to_dict(), **row.to_dict()} for user, row in self.clients.items()],
        }


def get_daily_metrics(
    period: ReportPeriod, restriction: ReportFilter = EVERYTHING, show_names: bool = False
) -> DailyMetrics:
    """Return the daily metrics of a period; ``show_names`` says whether clients are shown by e-mail."""
    of_clients = volumes.sum_volumes_by("client_id", period, restriction)
    largest = list(of_clients.items())[:MAX_CLIENTS]
    users = load_users([key for key, _ in largest], show_names)
    days = volumes.sum_volumes_by_day(period, restriction)
    return DailyMetrics(
        period,
        volumes.sum_volume(period, restriction),
        volumes.sum_volume(period.previous, restriction),
        days,
        volumes.sum_volumes_by("profile", period, restriction),
        volumes.sum_volumes_by("source", period, restriction),
        {users[key]: volume for key, volume in largest},
    )


def describe_source(source: str) -> str:
    """Return a source in words."""
    return str(PredictionSource(source).label) if source else gettext("Not recorded")
