"""The addresses of the review pages, inside the admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters

from feedback.memo import views as memo_views
from feedback.permissions import REVIEW_PERMISSION
from feedback.quality import views as quality_views
from feedback.review import views as review_views

View = Callable[..., HttpResponse]


def build_review_urls() -> list[URLPattern]:
    """Return the addresses of review, to stand before those of the items."""
    routes: list[tuple[str, View, str]] = [
        ("queue/", review_views.show_queue, "review-queue"),
        ("queue/next", review_views.claim_next, "review-next"),
        ("queue/absence", review_views.change_absence, "review-absence"),
        ("<uuid:pk>/decide", review_views.decide_item, "review-decide"),
        ("<uuid:pk>/pass", review_views.pass_item, "review-pass"),
        ("<uuid:pk>/heartbeat", review_views.handle_heartbeat, "review-heartbeat"),
        ("<uuid:pk>/reclaim", review_views.reclaim_expired_item, "review-reclaim"),
        ("<uuid:pk>/resume", review_views.resume_parked_item, "review-resume"),
        ("decision/<uuid:pk>", review_views.show_decision, "review-decision"),
        ("decision/<uuid:pk>/undo", review_views.undo, "review-undo"),
        ("decision/<uuid:pk>/memo", memo_views.download_memo, "review-memo"),
        ("quality/mine", quality_views.show_own_quality, "review-quality-mine"),
        ("quality/team", quality_views.show_team_quality, "review-quality-team"),
    ]
    return [
        path(route, admin.site.admin_view(_require_reviewer(view)), name=name) for route, view, name in routes
    ]


def _require_reviewer(view: View) -> View:
    """Let reviewers in, and keep the page out of every cache."""

    @wraps(view)
    def wrapper(request: HttpRequest, **parts: Any) -> HttpResponse:
        if not request.user.has_perm(REVIEW_PERMISSION):
            raise PermissionDenied
        response = view(request, **parts)
        response.headers["Cache-Control"] = "no-store"
        return response

    return cast(View, sensitive_post_parameters()(wrapper))
