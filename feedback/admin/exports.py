"""Exports of many names from the list of feedback: a reason first, and above the limit a second person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.admin_tools import ReasonForm
from accounts.auth.current_user import get_current_user
from accounts.language.sentences import Text
from feedback.memo.views import list_predictions
from feedback.models import Feedback
from matching.admin.exports import answer_export
from matching.api.export_requests import request_export
from matching.models import ARCHIVE_FORMAT, ExportRequest, FileFormat

MAX_KEYS = 10_000
"""Rows of one export with names, as a list shows at most."""


@dataclass(frozen=True)
class NamesExport:
    """What is exported of chosen decisions: the action of the list, the file, and which ids are kept."""

    action: str
    title: Text
    kind: ExportRequest.Kind
    format: str
    list_ids: Callable[[QuerySet[Feedback]], list[UUID]]


def _list_decisions(rows: QuerySet[Feedback]) -> list[UUID]:
    return list(rows.values_list("pk", flat=True))


DECISIONS_EXPORT = NamesExport(
    "export_with_names",
    gettext_lazy("Export decisions with names"),
    ExportRequest.Kind.FEEDBACK,
    FileFormat.CSV,
    _list_decisions,
)
MEMOS_EXPORT = NamesExport(
    "download_binder",
    gettext_lazy("Download memos with names"),
    ExportRequest.Kind.MEMOS,
    ARCHIVE_FORMAT,
    list_predictions,
)


def ask_for_export(
    site: AdminSite,
    request: HttpRequest,
    chosen: QuerySet[Feedback],
    allowed: QuerySet[Feedback],
    export: NamesExport,
) -> HttpResponseBase:
    """Ask for a reason, then return the file, or the page on which a second person approves it.

    ``chosen`` are the rows that the list marked, ``allowed`` those that the user may see.
    """
    posted = [UUID(key) for key in request.POST.getlist("keys")]
    keys = posted or list(chosen.values_list("pk", flat=True)[:MAX_KEYS])
    form = ReasonForm(request.POST if "apply" in request.POST else None)
    if form.is_bound and form.is_valid():
        ids = [str(pk) for pk in export.list_ids(allowed.filter(pk__in=keys))]
        actor, reason = get_current_user(request), form.cleaned_data["reason"]
        asked = request_export(export.kind, {"ids": ids}, len(ids), actor, reason, export.format)
        return answer_export(request, asked)
    back = reverse("admin:feedback_feedback_changelist")
    context: dict[str, Any] = {**site.each_context(request), "title": export.title, "form": form}
    context |= {"export": export, "keys": keys, "back": back}
    return TemplateResponse(request, "feedback/review/export.html", context)
