"""Downloads of memos: one from the page of a decision, a ZIP from the admin list."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.auth.current_user import get_current_user
from feedback.memo import content as memos
from feedback.models import Feedback
from matching.models import Prediction

_TYPES = {"pdf": "application/pdf", "json": "application/json; charset=utf-8"}


def download_memo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Issue the memo of a pair one has decided; say so while it is not settled."""
    person = get_current_user(request)
    decision = get_object_or_404(Feedback.objects.initial_decisions(), pk=pk, reviewer=person)
    prediction = Prediction.objects.with_model().get(pk=decision.prediction_id)
    form = request.POST.get("format", "pdf")
    if request.method != "POST" or form not in _TYPES:
        return redirect("admin:review-decision", pk)
    try:
        issued = memos.issue_memo(prediction, person, "redacted" in request.POST)
    except memos.ReviewPendingError as refusal:
        messages.warning(request, str(refusal))
        return redirect("admin:review-decision", pk)
    body = issued.to_pdf() if form == "pdf" else issued.to_json().encode()
    return _build_file_response(body, f"{issued.file_stem}.{form}", _TYPES[form])


def download_binder(request: HttpRequest, rows: QuerySet[Feedback], redacted: bool) -> HttpResponse:
    """Issue memos of the pairs of the chosen rows."""
    keys = dict.fromkeys(rows.values_list("prediction_id", flat=True)[: memos.MAX_MEMOS])
    found = Prediction.objects.with_model().filter(pk__in=keys).order_by("id")
    body = memos.build_binder(list(found), get_current_user(request), redacted)
    return _build_file_response(body, f"memos-{timezone.now():%Y%m%d-%H%M}.zip", "application/zip")


def _build_file_response(body: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
