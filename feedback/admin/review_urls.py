"""The URL routes of the review pages inside the admin, below those of review items."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters

from feedback.api import reviewer_pages
from feedback.memo import views as memo_views
from feedback.permissions import REVIEW_PERMISSION
from feedback.quality import views as quality_views
from feedback.review import decision_views, item_views, queue_views

View = Callable[..., HttpResponseBase]

_ROUTES: tuple[tuple[str, View, str], ...] = (
    ("queue/", queue_views.show_queue, "review-queue"),
    ("queue/next", queue_views.claim_next, "review-next"),
    ("queue/absence", queue_views.change_absence, "review-absence"),
    ("<uuid:pk>/reclaim", queue_views.reclaim_expired_item, "review-reclaim"),
    ("<uuid:pk>/resume", queue_views.resume_parked_item, "review-resume"),
    ("<uuid:pk>/decide", item_views.decide_item, "review-decide"),
    ("<uuid:pk>/pass", item_views.pass_item, "review-pass"),
    ("<uuid:pk>/documents/<uuid:document_pk>", reviewer_pages.download_document, "review-document"),
    ("<uuid:pk>/ask", reviewer_pages.ask_question, "review-ask"),
    ("<uuid:pk>/heartbeat", item_views.handle_heartbeat, "review-heartbeat"),
    ("decision/<uuid:pk>", decision_views.show_decision, "review-decision"),
    ("decision/<uuid:pk>/undo", decision_views.undo, "review-undo"),
    ("decision/<uuid:pk>/memo", memo_views.download_memo, "review-memo"),
    ("quality/mine", quality_views.show_own_quality, "review-quality-mine"),
    ("quality/team", quality_views.show_team_quality, "review-quality-team"),
)


def build_review_urls() -> list[URLPattern]:
    """Return the URL patterns of review; they must precede those of the admin's own item pages."""
    return [
        path(route, admin.site.admin_view(_require_reviewer(view)), name=name)
        for route, view, name in _ROUTES
    ]


def _require_reviewer(view: View) -> View:
    """Refuse users without the review permission, and forbid caches to store the page."""

    @wraps(view)
    def wrapper(request: HttpRequest, **parameters: Any) -> HttpResponseBase:
        if not request.user.has_perm(REVIEW_PERMISSION):
            raise PermissionDenied
        response = view(request, **parameters)
        response.headers["Cache-Control"] = "no-store"
        return response

    return cast(View, sensitive_post_parameters()(wrapper))
