"""The report of user activity: predictions, confidence, decisions and overrides of each user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from analytics.reports import volumes
from analytics.reports.people import ReportUser, load_users
from analytics.reports.period import EVERYTHING, ReportFilter, ReportPeriod
from analytics.reports.volumes import ReviewVolume, Volume


@dataclass(frozen=True)
class UserActivity:
    """What one user did in a period."""

    user: ReportUser
    volume: Volume
    reviews: ReviewVolume
    last_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the row as the API states it."""
        return {
            "user": self.user.to_dict(),
            "predictions": self.volume.total,
            "average_confidence": self.volume.to_dict()["average_confidence"],
            "decisions": self.reviews.decisions,
            "overrides": self.reviews.overrides,
            "last_activity": self.last_at.isoformat(),
        }


@dataclass(frozen=True)
class ActivityReport:
    """The activity of all users of a period, the most active first."""

    period: ReportPeriod
    users: Sequence[UserActivity]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the API states it."""
        return {"period": self.period.to_dict(), "users": [row.to_dict() for row in self.users]}


def get_user_activity(
    period: ReportPeriod, restriction: ReportFilter = EVERYTHING, show_names: bool = False
) -> ActivityReport:
    """Return the activity of every user who compared or decided in a period.

    The filter of sources applies to predictions only, because decisions have none.
    """
    compared = volumes.sum_volumes_by("client_id", period, restriction)
    reviews = volumes.sum_reviews_by("reviewer_id", period, restriction)
    users = load_users(compared.keys() | reviews.keys(), show_names)
    newest = _find_last_activity(period, restriction)
    rows = [
        UserActivity(user, compared.get(key, Volume()), reviews.get(key, ReviewVolume()), newest[key])
        for key, user in users.items()
    ]
    return ActivityReport(period, sorted(rows, key=lambda row: (-_count_actions(row), str(row.user.id))))


def _count_actions(row: UserActivity) -> int:
    return row.volume.total + row.reviews.decisions


def _find_last_activity(period: ReportPeriod, restriction: ReportFilter) -> dict[Any, datetime]:
    compared = volumes.select_volumes(period, restriction).values_list("client_id")
    newest: dict[Any, datetime] = dict(compared.annotate(at=Max("last_at")))
    reviews = volumes.select_reviews(period, restriction).values_list("reviewer_id")
    for key, at in reviews.annotate(at=Max("last_at")):
        newest[key] = max(at, newest.get(key, at))
    return newest
