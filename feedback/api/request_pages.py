"""The forms on the page of a prediction by which a user asks a reviewer, answers and withdraws.

Asking and answering take documents along; a request whose documents are refused is not made.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.auth.current_user import get_current_user
from feedback.api.document_pages import accept_documents, store_documents
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.api.request_views import ReviewAnswerSerializer, ReviewRequestSerializer
from feedback.requests.document_content import DocumentError
from feedback.requests.service import (
    ReviewRequestError,
    answer_reviewer,
    request_review,
    withdraw_request,
)
from feedback.requests.upload import DOCUMENTS_FIELD

_PERMISSION = "feedback.add_reviewrequest"
_FORM_FIELDS = ("reason", "priority")
_REASON_REQUIRED = _("Say what the reviewer should decide, and why.")


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
@accept_documents
def ask_reviewer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a reviewer to decide one of the user's own predictions."""
    user = get_current_user(request)
    prediction = get_own_reviewed_prediction(user, pk)
    values = {field: request.POST.get(field, "").strip() for field in _FORM_FIELDS}
    serializer = ReviewRequestSerializer(data={name: value for name, value in values.items() if value})
    if not serializer.is_valid():
        errors = {
            "reason": str(serializer.errors["reason"][0]) if values["reason"] else str(_REASON_REQUIRED)
        }
        context = {"prediction": prediction, "request_values": values, "request_errors": errors}
        return render(request, "feedback/ask.html", context, status=422)
    try:
        with transaction.atomic():
            request_review(prediction, user, **serializer.validated_data)
            store_documents(request, prediction)
        messages.success(request, _("A reviewer is asked. The decision appears on this page."))
    except (ReviewRequestError, DocumentError) as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


@never_cache
@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw the open request of one of the user's own predictions."""
    user = get_current_user(request)
    try:
        withdraw_request(get_own_reviewed_prediction(user, pk), user)
        messages.success(request, _("The request is withdrawn."))
    except ReviewRequestError as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
@accept_documents
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer a reviewer who waits for a document about one of the user's own predictions."""
    user = get_current_user(request)
    text = request.POST.get("text", "").strip()
    serializer = ReviewAnswerSerializer(data={"text": text})
    has_documents = DOCUMENTS_FIELD in request.FILES
    if not serializer.is_valid() and (text or not has_documents):
        messages.error(request, _("Write what the reviewer asks for, in 1,000 characters at most."))
        return redirect("answer-page", pk=pk)
    prediction = get_own_reviewed_prediction(user, pk)
    try:
        if has_documents:
            store_documents(request, prediction, text)
        else:
            answer_reviewer(prediction, user, text)
        messages.success(request, _("Sent. The review goes on."))
    except (ReviewRequestError, DocumentError) as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)
