"""The download of a document by the reviewer who holds the item, or decided it, and by leads."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.api.document_views import send_document
from feedback.models import Feedback, ReviewDocument, ReviewItem
from feedback.permissions import LEAD_PERMISSION


def download_document(request: HttpRequest, pk: UUID, document_pk: UUID) -> HttpResponseBase:
    """Send a document of an item; others than its reviewers are refused."""
    item = get_object_or_404(ReviewItem, pk=pk)
    reviewer = get_current_user(request)
    if not _may_see(item, reviewer):
        raise PermissionDenied
    document = get_object_or_404(ReviewDocument, pk=document_pk, prediction=item.prediction_id)
    return send_document(document, reviewer)


def _may_see(item: ReviewItem, reviewer: User) -> bool:
    """Return whether somebody holds the item, has decided it, or leads the review."""
    if item.is_claimed_by(reviewer, timezone.now()) or reviewer.has_perm(LEAD_PERMISSION):
        return True
    return Feedback.objects.by_reviewers().filter(item=item, reviewer=reviewer).exists()
