"""Addresses of the pages of one's own API keys."""

from __future__ import annotations

from django.urls import path

from accounts.api_keys import pages, usage_pages

urlpatterns = [
    path("keys", pages.list_keys, name="api-keys-page"),
    path("keys/usage", usage_pages.show_usage, name="api-usage-page"),
    path("keys/usage/<str:month>.csv", usage_pages.download_usage, name="api-usage-file"),
    path("keys/<uuid:pk>", pages.show_key, name="api-key-page"),
    path("keys/<uuid:pk>/rotate", pages.rotate_key, name="api-key-rotate-page"),
    path("keys/<uuid:pk>/revoke", pages.revoke_key, name="api-key-revoke-page"),
]
