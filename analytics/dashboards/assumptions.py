"""Hours saved: decided predictions times the minutes that a person is assumed to need for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.dates import format_moment
from accounts.models import User
from accounts.numbers import fill
from analytics.models import ReportAssumption

DEFAULT_MINUTES = Decimal(6)
"""Assumed until somebody says otherwise. Nobody measured it."""


@dataclass(frozen=True)
class Assumption:
    """The minutes of a comparison by hand, and since when they are assumed."""

    minutes: Decimal
    changed_at: datetime | None

    def compute_hours(self, decided: int) -> float:
        """Return the hours that people would have needed for what was decided without one."""
        return decided * float(self.minutes) / 60

    @property
    def note(self) -> str:
        """The assumption as a sentence."""
        origin = (
            gettext("set {moment}").format(moment=format_moment(self.changed_at))
            if self.changed_at
            else gettext("the default; nobody measured it")
        )
        return fill(
            gettext("Assumed: {minutes:f} minutes a comparison by hand ({origin})."),
            minutes=self.minutes.normalize(),
            origin=origin,
        )


def get_assumption() -> Assumption:
    """Return the assumption in force."""
    row = ReportAssumption.objects.first()
    return Assumption(row.minutes, row.changed_at) if row else Assumption(DEFAULT_MINUTES, None)


@transaction.atomic
def change_assumption(minutes: Decimal, actor: User) -> ReportAssumption:
    """Assume other minutes from now on, and record who did."""
    before = get_assumption().minutes
    row = ReportAssumption.objects.create(minutes=minutes, changed_by=actor)
    trail.record_event("report.assumption_changed", row, actor, before=str(before), after=str(minutes))
    return row
