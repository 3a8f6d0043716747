"""API routes of experiments and reports."""

from __future__ import annotations

from django.urls import path

from analytics.api.experiment_views import (
    ExperimentMetricsView,
    ExperimentResultsView,
    ExperimentsView,
    ExperimentView,
)
from analytics.api.quality_views import ReviewQualityView
from analytics.api.report_views import DailyMetricsView, PerformanceTrendsView, UserActivityView

urlpatterns = [
    path("experiments", ExperimentsView.as_view(), name="experiments"),
    path("experiments/<uuid:pk>", ExperimentView.as_view(), name="experiment"),
    path("experiments/<uuid:pk>/results", ExperimentResultsView.as_view(), name="experiment-results"),
    path("experiments/<uuid:pk>/metrics", ExperimentMetricsView.as_view(), name="experiment-metrics"),
    path("reviews/quality", ReviewQualityView.as_view(), name="review-quality"),
    path("analytics/daily-metrics", DailyMetricsView.as_view(), name="daily-metrics"),
    path("analytics/user-activity", UserActivityView.as_view(), name="user-activity"),
    path(
        "analytics/model-performance-trends",
        PerformanceTrendsView.as_view(),
        name="model-performance-trends",
    ),
]
