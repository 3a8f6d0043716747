"""The rows that a user may send in a time, on every page that takes files."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.auth.throttles import apply_rate_limit
from accounts.models import User
from accounts.usage.rates import RateLimit
from matching.pages.job_progress import format_duration


class RowLimitError(ValueError):
    """The user has sent too many rows; the message is fit for the screen."""


def take_rows(user: User, rows: int) -> None:
    """Count rows of a file against the limit of the user. Raises :class:`RowLimitError`."""
    rate = RateLimit.parse(settings.JOB_RATE)
    decision = apply_rate_limit(f"rows:user:{user.pk}", min(max(1, rows), rate.limit), rate)
    if not decision.allowed:
        wait = format_duration(round(decision.wait_seconds) + 1)
        raise RowLimitError(_("Too many rows in a short time; try again in %s.") % wait)
