"""Addresses of reports and dashboards inside the admin."""

from __future__ import annotations

from django.urls import path

from analytics.admin import dashboard_pages as dashboards
from analytics.admin import report_pages as reports
from analytics.admin.quality_page import show_quality
from analytics.admin.report_pages import REPORTS_PERMISSION, protect
from analytics.reports.review_quality import QUALITY_PERMISSION

urlpatterns = [
    path("reports/<slug:name>/", protect(reports.show_report, REPORTS_PERMISSION), name="analytics-report"),
    path("review-quality/", protect(show_quality, QUALITY_PERMISSION), name="analytics-review-quality"),
    path("executive/", protect(dashboards.show_executive, REPORTS_PERMISSION), name="analytics-executive"),
    path(
        "technical/",
        protect(dashboards.show_technical, dashboards.OPERATIONS_PERMISSION),
        name="analytics-technical",
    ),
    path("review/", protect(dashboards.show_review, dashboards.REVIEW_PERMISSION), name="analytics-review"),
    path("digest/", dashboards.protected_subscription, name="analytics-digest"),
    path("assumption/", dashboards.protected_assumption, name="analytics-assumption"),
]
