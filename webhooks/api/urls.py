"""API routes of webhooks."""

from __future__ import annotations

from django.urls import path

from webhooks.api.views import (
    DeliveriesView,
    DeliveryView,
    RedeliverView,
    WebhookRotateView,
    WebhooksView,
    WebhookTestView,
    WebhookView,
)

urlpatterns = [
    path("webhooks", WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", WebhookView.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/rotate", WebhookRotateView.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:pk>/test", WebhookTestView.as_view(), name="webhook-test"),
    path("webhooks/<uuid:pk>/deliveries", DeliveriesView.as_view(), name="webhook-deliveries"),
    path("webhooks/<uuid:pk>/deliveries/<uuid:delivery>", DeliveryView.as_view(), name="webhook-delivery"),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/redeliver",
        RedeliverView.as_view(),
        name="webhook-redeliver",
    ),
]
