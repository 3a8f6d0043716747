"""API routes of comparisons."""

from __future__ import annotations

from django.urls import path

from matching.views import CompareView, PredictionView

urlpatterns = [
    path("compare", CompareView.as_view(), name="compare"),
    path("predictions/<uuid:pk>", PredictionView.as_view(), name="prediction"),
]
