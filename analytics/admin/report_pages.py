"""The pages of reports, and the same as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.dates import format_moment
from analytics.admin.report_forms import ReportForm
from analytics.reports.activity import get_user_activity
from analytics.reports.content import Page
from analytics.reports.daily import get_daily_metrics
from analytics.reports.files import CONTENT_TYPES, render_file
from analytics.reports.people import NAMES_PERMISSION
from analytics.reports.period import ReportFilter, ReportPeriod
from analytics.reports.presentation import present_activity, present_daily, present_trends
from analytics.reports.trends import get_model_performance_trends
from analytics.reports.volumes import get_progress

REPORTS_PERMISSION = "analytics.view_reports"

_FIELDS = ("preset", "first", "last", "profile", "kind", "source", "client")

_Builder = Callable[[ReportPeriod, ReportFilter, bool], Page]


def protect(view: Callable[..., HttpResponse], permission: str) -> Callable[..., HttpResponse]:
    """Return a view of the admin for those with a permission."""
    protected: Any = require_GET(permission_required(permission, raise_exception=True)(view))
    of_admin: Callable[..., HttpResponse] = admin.site.admin_view(protected)
    return of_admin


def render_page(request: HttpRequest, page: Page, **context: Any) -> HttpResponse:
    """Return a page of cards, charts and tables; with ``?file=csv`` (xlsx, pdf) the same as a file."""
    if ending := request.GET.get("file"):
        return _send_file(page, ending)
    query = request.GET.copy()
    files = []
    for name in CONTENT_TYPES:
        query["file"] = name
        files.append((name.upper(), query.urlencode()))
    progress = get_progress()
    full = {
        **admin.site.each_context(request),
        "title": page.title,
        "page": page,
        "files": files,
        "as_of": format_moment(progress.at) if progress else "",
        **context,
    }
    return TemplateResponse(request, "admin/analytics/page.html", full)


def show_report(request: HttpRequest, name: str) -> HttpResponse:
    """Show a report, or send it as a file."""
    if name not in _REPORTS:
        raise Http404
    show_names = request.user.has_perm(NAMES_PERMISSION)
    form = ReportForm(request.GET.dict(), timezone.now().date(), show_names, _FIELDS)
    page = _REPORTS[name](form.get_period(), form.get_filter(), show_names)
    return render_page(request, page, form=form, reports=_TITLES, report=name)


def _send_file(page: Page, ending: str) -> HttpResponse:
    if ending not in CONTENT_TYPES:
        raise Http404
    response = HttpResponse(render_file(page, ending), content_type=CONTENT_TYPES[ending])
    name = page.title.lower().replace(" ", "-")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.{ending}"'
    )
    return response


def _build_daily(period: ReportPeriod, restriction: ReportFilter, show_names: bool) -> Page:
    return present_daily(get_daily_metrics(period, restriction, show_names))


def _build_activity(period: ReportPeriod, restriction: ReportFilter, show_names: bool) -> Page:
    return present_activity(get_user_activity(period, restriction, show_names))


def _build_trends(period: ReportPeriod, restriction: ReportFilter, _show_names: bool) -> Page:
    return present_trends(get_model_performance_trends(period, restriction))


_REPORTS: dict[str, _Builder] = {
    "daily-metrics": _build_daily,
    "user-activity": _build_activity,
    "model-performance": _build_trends,
}
_TITLES = {
    "daily-metrics": gettext_lazy("Daily metrics"),
    "user-activity": gettext_lazy("User activity"),
    "model-performance": gettext_lazy("Model performance trends"),
}
