"""API routes of matters."""

from __future__ import annotations

from django.urls import path

from matters.api.views import (
    MatterCloseView,
    MatterReopenView,
    MattersView,
    MatterView,
    MembersView,
    MemberView,
)

urlpatterns = [
    path("matters", MattersView.as_view(), name="matters"),
    path("matters/<uuid:pk>", MatterView.as_view(), name="matter"),
    path("matters/<uuid:pk>/close", MatterCloseView.as_view(), name="matter-close"),
    path("matters/<uuid:pk>/reopen", MatterReopenView.as_view(), name="matter-reopen"),
    path("matters/<uuid:pk>/members", MembersView.as_view(), name="matter-members"),
    path("matters/<uuid:pk>/members/<uuid:user_pk>", MemberView.as_view(), name="matter-member"),
]
