"""What reviewers do with what requesters send: download a document of an item, ask a question about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext

from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.api.document_views import send_document
from feedback.models import MAX_MESSAGE_LENGTH, Feedback, ReviewDocument, ReviewItem
from feedback.permissions import LEAD_PERMISSION
from feedback.requests.messages import ReviewMessageError, ask_requester
from feedback.review.item_views import render_item, render_lost_claim
from feedback.review.queue import ClaimLostError, save_draft


def download_document(request: HttpRequest, pk: UUID, document_pk: UUID) -> HttpResponseBase:
    """Send a document of an item; others than its reviewers are refused."""
    reviewer = get_current_user(request)
    item = get_object_or_404(ReviewItem.objects.visible_to(reviewer), pk=pk)
    if not _may_see(item, reviewer):
        raise PermissionDenied
    document = get_object_or_404(ReviewDocument, pk=document_pk, prediction=item.prediction_id)
    return send_document(document, reviewer)


def ask_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask the requester a question about a claimed item, and if wished set the item aside."""
    reviewer, text = get_current_user(request), request.POST.get("text", "").strip()[:MAX_MESSAGE_LENGTH]
    item = get_object_or_404(ReviewItem.objects.visible_to(reviewer).with_prediction(), pk=pk)
    is_parked = request.POST.get("then") == "park"
    if request.method != "POST" or not text:
        return render_item(request, item, question_error=gettext("Write a question."), status=422)
    try:
        ask_requester(item, reviewer, text, is_parked)
    except ReviewMessageError as refusal:
        return render_item(request, item, question=text, question_error=str(refusal), status=422)
    except ClaimLostError:
        save_draft(item, reviewer, "", text)
        return render_lost_claim(request, item, status=409)
    messages.success(request, gettext("The requester is asked. The answer appears with the item."))
    return redirect("admin:review-queue") if is_parked else redirect("admin:review-decide", pk)


def _may_see(item: ReviewItem, reviewer: User) -> bool:
    """Return whether somebody holds the item, has decided it, or leads the review."""
    if item.is_claimed_by(reviewer, timezone.now()) or reviewer.has_perm(LEAD_PERMISSION):
        return True
    return Feedback.objects.by_reviewers().filter(item=item, reviewer=reviewer).exists()
