"""Addresses of the pages of webhooks."""

from __future__ import annotations

from django.urls import path

from webhooks import pages

urlpatterns = [
    path("webhooks", pages.list_webhooks, name="webhooks-page"),
    path("webhooks/<uuid:pk>", pages.show_webhook, name="webhook-page"),
    path("webhooks/<uuid:pk>/rotate", pages.rotate_secret, name="webhook-rotate-page"),
    path("webhooks/<uuid:pk>/test", pages.send_test, name="webhook-test-page"),
    path("webhooks/<uuid:pk>/switch", pages.switch, name="webhook-switch-page"),
    path("webhooks/<uuid:pk>/remove", pages.remove, name="webhook-remove-page"),
    path("webhooks/<uuid:pk>/deliveries/<uuid:delivery>/again", pages.send_again, name="webhook-again-page"),
]
