"""Routes of the pages of notifications."""

from __future__ import annotations

from django.urls import path

from notifications import pages

urlpatterns = [
    path("notifications", pages.show_notifications, name="notifications-page"),
    path("notifications/read", pages.mark_all, name="notifications-read-page"),
    path("notifications/preferences", pages.save_preferences, name="notifications-preferences"),
    path("notifications/<uuid:pk>", pages.open_notification, name="notification-open"),
    path("notifications/<uuid:pk>/read", pages.mark_one, name="notification-read-page"),
    path("notifications/unsubscribe/<str:token>", pages.unsubscribe, name="notifications-unsubscribe"),
]
