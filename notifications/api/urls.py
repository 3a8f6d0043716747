"""API routes of notifications."""

from __future__ import annotations

from django.urls import path

from notifications.api.views import NotificationsView, ReadAllView, ReadNotificationView

urlpatterns = [
    path("notifications", NotificationsView.as_view(), name="notifications"),
    path("notifications/read", ReadAllView.as_view(), name="notifications-read"),
    path("notifications/<uuid:pk>/read", ReadNotificationView.as_view(), name="notification-read"),
]
