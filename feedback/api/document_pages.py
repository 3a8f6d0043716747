"""The forms on the page of a prediction by which a user sends documents to reviewers, and their downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import APIException, ValidationError

from accounts.auth.current_user import get_current_user
from accounts.auth.throttles import apply_rate_limit
from accounts.models import User
from accounts.usage.rates import RateLimit
from feedback.api.document_views import get_own_document, send_document
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.requests.documents import DocumentsRefusedError, add_documents, delete_document
from feedback.requests.service import ReviewRequestError
from feedback.requests.upload import DOCUMENTS_FIELD, DocumentUpload, DocumentUploadHandler
from matching.models import Prediction

PERMISSION = "feedback.add_reviewrequest"
View = Callable[..., HttpResponse]


class DocumentRateError(ReviewRequestError):
    """The user has sent too many documents; the message is fit for the screen."""


def accept_documents(view: View) -> View:
    """Write the files of a form encrypted to disk as they arrive; show what is wrong with them on the page.

    It stands below the decorators that say who may send: the body of others is not read.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def receive(request: HttpRequest, pk: UUID) -> HttpResponse:
        handler = DocumentUploadHandler(request)
        request.upload_handlers = [handler]
        try:
            return protected(request, pk=pk)
        except APIException as error:
            messages.error(request, _describe_error(error))
            return redirect("answer-page", pk=pk)
        finally:
            handler.close()

    return csrf_exempt(receive)


def store_documents(request: HttpRequest, prediction: Prediction, text: str = "") -> int:
    """Store the documents of a form and return how many. Raises what :func:`add_documents` does."""
    uploads = cast("list[DocumentUpload]", request.FILES.getlist(DOCUMENTS_FIELD))
    if not uploads:
        return 0
    user = get_current_user(request)
    _take_from_limit(user, len(uploads))
    return len(add_documents(prediction, user, uploads, text))


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
@accept_documents
def send(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store documents for the review of one of the user's own predictions."""
    prediction = get_own_reviewed_prediction(get_current_user(request), pk)
    try:
        count = store_documents(request, prediction)
        if count:
            messages.success(request, gettext("The reviewer gets your documents."))
        else:
            messages.error(request, gettext("Choose one or more files first."))
    except (DocumentsRefusedError, ReviewRequestError) as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


@never_cache
@require_safe
@login_required
@permission_required(PERMISSION, raise_exception=True)
def download(request: HttpRequest, pk: UUID, document_pk: UUID) -> HttpResponseBase:
    """Send a document of one of the user's own predictions."""
    user = get_current_user(request)
    return send_document(get_own_document(user, pk, document_pk), user)


@never_cache
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def delete(request: HttpRequest, pk: UUID, document_pk: UUID) -> HttpResponse:
    """Delete a document of one of the user's own predictions while nobody has decided with it."""
    user = get_current_user(request)
    try:
        delete_document(get_own_document(user, pk, document_pk), user)
        messages.success(request, gettext("The document is deleted."))
    except ReviewRequestError as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


def _take_from_limit(user: User, count: int) -> None:
    rate = RateLimit.parse(settings.DOCUMENT_RATE)
    decision = apply_rate_limit(f"documents:user:{user.pk}", min(count, rate.limit), rate)
    if not decision.allowed:
        raise DocumentRateError(gettext("You have sent many documents; please send the others later."))


def _describe_error(error: APIException) -> str:
    detail: Any = error.detail
    return str(next(iter(detail.values()))[0]) if isinstance(error, ValidationError) else str(detail)
