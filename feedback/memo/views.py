"""Download one memo from the page of a decision, or several as a ZIP file from the admin list."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.memo import content as memos
from feedback.memo.pdf import MemoRenderError
from feedback.models import Feedback
from matching.models import ExportRequest, Prediction
from matters.wall import select_visible

MEMO_TYPES = {"pdf": "application/pdf", "json": "application/json; charset=utf-8"}


def download_memo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Issue the memo of a pair that the reviewer decided; show a warning while a review item is open."""
    reviewer = get_current_user(request)
    decision = get_object_or_404(Feedback.objects.initial_decisions().by_user(reviewer), pk=pk)
    prediction = Prediction.objects.with_model().get(pk=decision.prediction_id)
    form = request.POST.get("format", "pdf")
    if request.method != "POST" or form not in MEMO_TYPES:
        return redirect("admin:review-decision", pk)
    try:
        memo, files = memos.issue_memo(prediction, reviewer, "redacted" in request.POST, [form])
    except (memos.ReviewPendingError, MemoRenderError) as refusal:
        messages.warning(request, str(refusal))
        return redirect("admin:review-decision", pk)
    return build_file_response(files[form], f"{memo.file_stem}.{form}", MEMO_TYPES[form])


def download_redacted_binder(request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponse:
    """Issue the memos of the selected rows' pairs, without names, as a ZIP file."""
    return _issue_binder(list_predictions(rows), get_current_user(request), redacted=True)


def open_binder_export(export: ExportRequest) -> HttpResponse:
    """Issue the memos of an export, with names, as a ZIP file."""
    return _issue_binder(export.selection["ids"], export.requested_by, redacted=False)


def list_predictions(rows: QuerySet[Feedback]) -> list[UUID]:
    """Return the ids of the pairs of these decisions, each once, at most as many as a binder holds."""
    return list(dict.fromkeys(rows.values_list("prediction_id", flat=True)))[: memos.MAX_MEMOS]


def _issue_binder(keys: Sequence[UUID | str], actor: User, redacted: bool) -> HttpResponse:
    predictions = select_visible(Prediction.objects.with_model(), actor).filter(pk__in=keys).order_by("id")
    body = memos.build_binder(list(predictions), actor, redacted)
    return build_file_response(body, f"memos-{timezone.now():%Y%m%d-%H%M}.zip", "application/zip")


def build_file_response(body: bytes, name: str, content_type: str) -> HttpResponse:
    """Return a download that no cache keeps."""
    response = HttpResponse(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
