"""The page of one matter: its comparisons, files, documents and memos, and its members."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.auth.current_user import get_current_user
from feedback.models import ReviewDocument
from matching.models import BatchJob, Prediction, ReviewStatus
from matching.pages.history import build_rows
from matters import service
from matters.api.views import get_matter, list_members
from matters.pages import member_page

_SHOWN = 25
"""Newest rows of each sort; the history has all comparisons."""


@member_page
@require_safe
def show_matter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a matter to a member."""
    user = get_current_user(request)
    matter = get_matter(user, pk)
    held = Prediction.objects.filter(matter=matter).order_by("-id")
    listed = held.for_listing().with_review().select_related("user")
    decided = listed.filter_by(review_status=ReviewStatus.DECIDED).filter(erased_at=None)
    jobs = BatchJob.objects.filter(matter=matter).order_by("-id").for_listing().select_related("user")
    documents = ReviewDocument.objects.filter(prediction__matter=matter).order_by("-sent_at")
    context = {
        "matter": matter,
        "members": list_members(matter),
        "is_manager": service.is_manager(matter, user),
        "rows": build_rows(listed[:_SHOWN]),
        "jobs": jobs[:_SHOWN],
        "documents": documents[:_SHOWN],
        "memos": build_rows(decided[:_SHOWN]),
    }
    return render(request, "matters/matter.html", context)
