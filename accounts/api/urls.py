"""API routes for signing in."""

from __future__ import annotations

from django.urls import path

from accounts.api.views import MeView, RefreshView, TokenView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("token", TokenView.as_view(), name="token"),
    path("token/refresh", RefreshView.as_view(), name="token-refresh"),
]
