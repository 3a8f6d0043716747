"""The comparisons that a user may make on pages: in a time, and by the account's quota of the month."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.auth.throttles import Charge, take_pairs
from accounts.models import User
from accounts.usage.quotas import QuotaExceededError
from accounts.usage.rates import RateLimit, ThrottleDecision
from matching.pages.job_progress import format_duration


class ComparisonLimitError(ValueError):
    """The user has compared too much; the message is fit for the screen."""

    def __init__(self, message: str, wait_seconds: int) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def take_comparison(user: User) -> None:
    """Count one pair of a page against limit and quota. Raises :class:`ComparisonLimitError`."""
    decision = _take(user, f"user:{user.pk}", 1, RateLimit.parse(settings.API_RATE))
    if not decision.allowed:
        wait = max(1, round(decision.wait_seconds))
        text = _("Too many comparisons; try again in {seconds} s.").format(seconds=wait)
        raise ComparisonLimitError(text, wait)


def take_rows(user: User, rows: int) -> None:
    """Count rows of a file against limit and quota. Raises :class:`ComparisonLimitError`."""
    decision = _take(user, f"rows:user:{user.pk}", rows, RateLimit.parse(settings.JOB_RATE))
    if not decision.allowed:
        wait = round(decision.wait_seconds) + 1
        text = _("Too many rows in a short time; try again in %s.") % format_duration(wait)
        raise ComparisonLimitError(text, wait)


def _take(user: User, principal: str, pairs: int, rate: RateLimit) -> ThrottleDecision:
    """Take the units of the limit, all of them for more than it has, and the pairs of the quota."""
    try:
        return take_pairs(user, Charge(principal, rate, min(max(1, pairs), rate.limit)), pairs)
    except QuotaExceededError as refusal:
        raise ComparisonLimitError(str(refusal.detail), round(refusal.wait_seconds)) from None
