"""The page of the figures of review quality, and the same as files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from analytics.admin.report_forms import ReportForm
from analytics.admin.report_pages import render_page
from analytics.reports.people import NAMES_PERMISSION
from analytics.reports.review_quality import get_review_quality, present_quality
from feedback.permissions import LEAD_PERMISSION

_FIELDS = ("preset", "first", "last", "profile", "stream")


def show_quality(request: HttpRequest) -> HttpResponse:
    """Show the figures of a period, profile and stream, or send them as a file."""
    show_people = request.user.has_perm(NAMES_PERMISSION)
    form = ReportForm(request.GET.dict(), timezone.now().date(), show_people, _FIELDS)
    report = get_review_quality(form.get_period(), form.get_filter().profile, form.get_stream(), show_people)
    links = {}
    if request.user.has_perm(LEAD_PERMISSION):
        links[gettext("Open items, overrides and agreement by category")] = reverse(
            "admin:review-quality-team"
        )
    return render_page(request, present_quality(report), form=form, links=links)
