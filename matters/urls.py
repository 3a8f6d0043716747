"""Addresses of the pages of matters."""

from __future__ import annotations

from django.urls import path

from matters import pages

urlpatterns = [
    path("matters", pages.list_matters, name="matters-page"),
    path("matters/<uuid:pk>/members", pages.add_member, name="matter-members-page"),
    path(
        "matters/<uuid:pk>/members/<uuid:user_pk>/remove",
        pages.remove_member,
        name="matter-member-remove-page",
    ),
    path("matters/<uuid:pk>/change", pages.change_matter, name="matter-change-page"),
    path("matters/<uuid:pk>/close", pages.close_matter, name="matter-close-page"),
    path("matters/<uuid:pk>/reopen", pages.reopen_matter, name="matter-reopen-page"),
]
