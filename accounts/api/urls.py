"""API routes for signing in."""

from __future__ import annotations

from django.urls import path

from accounts.api.usage_views import UsageView
from accounts.api.views import MeView, RefreshView, TokenView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("usage", UsageView.as_view(), name="usage"),
    path("token", TokenView.as_view(), name="token"),
    path("token/refresh", RefreshView.as_view(), name="token-refresh"),
]
