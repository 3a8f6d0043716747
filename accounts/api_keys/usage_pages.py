"""The page of one's own usage of the API, and its file."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.api.usage_views import build_usage_file
from accounts.api_keys.pages import own_page
from accounts.auth.current_user import get_current_user
from accounts.usage.report import list_quota_uses, list_usage

_MONTHS = 12


@own_page
def show_usage(request: HttpRequest) -> HttpResponse:
    """Show what the user's keys sent in a month, and what is left of quotas."""
    user, now = get_current_user(request), timezone.now()
    months = _list_months(now.date())
    chosen = next((month for month in months if f"{month:%Y-%m}" == request.GET.get("month")), months[0])
    rows = list_usage(user, chosen, _find_last_day(chosen))
    context = {
        "rows": rows,
        "quotas": list_quota_uses(user, now),
        "months": months,
        "month": chosen,
        "totals": {
            name: sum(getattr(row, name) for row in rows) for name in ("requests", "pairs", "refused")
        },
    }
    return render(request, "api_keys/usage.html", context)


@own_page
def download_usage(request: HttpRequest, month: str) -> HttpResponse:
    """Return the usage of a month as a CSV file."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    last = _find_last_day(first)
    return build_usage_file(list_usage(get_current_user(request), first, last), first, last)


def _list_months(today: date) -> list[date]:
    """Return the first days of this month and of those before."""
    months = [today.replace(day=1)]
    while len(months) < _MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


def _find_last_day(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
