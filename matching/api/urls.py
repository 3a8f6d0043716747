"""API routes of comparisons, predictions, bulk jobs and reference data."""

from __future__ import annotations

from django.urls import path

from matching.api.export_views import PredictionExportView
from matching.api.job_views import JobCancelView, JobResultView, JobRowsView, JobsView, JobView
from matching.api.reference_views import CategoriesView, ModelsView, ProfilesView
from matching.api.views import (
    CompareBatchView,
    CompareProfilesView,
    CompareView,
    PredictionsView,
    PredictionView,
)

urlpatterns = [
    path("compare", CompareView.as_view(), name="compare"),
    path("compare/batch", CompareBatchView.as_view(), name="compare-batch"),
    path("compare/profiles", CompareProfilesView.as_view(), name="compare-profiles"),
    path("predictions", PredictionsView.as_view(), name="predictions"),
    path("predictions/export", PredictionExportView.as_view(), name="predictions-export"),
    path("predictions/<uuid:pk>", PredictionView.as_view(), name="prediction"),
    path("jobs", JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:pk>", JobView.as_view(), name="job"),
    path("jobs/<uuid:pk>/cancel", JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:pk>/rows", JobRowsView.as_view(), name="job-rows"),
    path("jobs/<uuid:pk>/result", JobResultView.as_view(), name="job-result"),
    path("models", ModelsView.as_view(), name="models"),
    path("profiles", ProfilesView.as_view(), name="profiles"),
    path("categories", CategoriesView.as_view(), name="categories"),
]
