"""Exports of many names: a reason always, and a second person above the limit.

The limit counts the rows that somebody asked for within a day, so that a large export cannot be split into
many small ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from matching.api.export import stream_export
from matching.api.files import stream_file
from matching.models import ExportRequest, Prediction, PredictionQuerySet
from matters.wall import select_visible
from notifications.models import Kind as NoticeKind
from notifications.notices import Notice, notify_holders

Kind = ExportRequest.Kind
LIMIT_PERIOD = timedelta(days=1)
APPROVAL_VALIDITY = timedelta(days=1)
"""How long after the approval an export can be taken."""

_MOMENTS = ("created_from", "created_to")


class ExportRefusedError(Exception):
    """The export cannot be decided or taken like this; the message says why and is fit for the screen."""


@transaction.atomic
def request_export(
    kind: Kind, selection: Mapping[str, Any], rows: int, actor: User, reason: str, format_id: str
) -> ExportRequest:
    """Record that somebody wants to export names; above the limit it needs a second person."""
    User.objects.select_for_update().get(pk=actor.pk)  # two at once must not both be below the limit
    request = ExportRequest.objects.create(
        kind=kind,
        selection=dict(selection),
        format=format_id,
        rows=rows,
        reason=reason,
        requested_by=actor,
        needs_approval=rows + _count_recent_rows(actor) > settings.EXPORT_APPROVAL_ROWS,
    )
    if request.needs_approval:
        trail.record_event("export.requested", request, actor, kind=kind, rows=rows, reason=reason)
        data = {"of": "export", "id": str(request.pk)}
        notice = Notice(NoticeKind.APPROVAL_WAITS, f"export:{request.pk}", data)
        notify_holders("matching.approve_export", notice, actor.pk)
    return request


@transaction.atomic
def decide_export(request: ExportRequest, actor: User, is_approved: bool, reason: str = "") -> ExportRequest:
    """Approve or decline the export of somebody else. Raises :class:`ExportRefusedError`."""
    row = ExportRequest.objects.select_for_update().get(pk=request.pk)
    if row.requested_by_id == actor.pk:
        raise ExportRefusedError(gettext("A second person must decide on this export."))
    if not row.needs_approval or row.is_approved is not None:
        raise ExportRefusedError(gettext("This export does not wait for a decision."))
    row.is_approved, row.decided_by, row.decided_at, row.decision_reason = (
        is_approved,
        actor,
        timezone.now(),
        reason,
    )
    row.save()
    action = "export.approved" if is_approved else "export.declined"
    trail.record_event(action, row, actor, kind=row.kind, rows=row.rows, reason=reason)
    return row


@transaction.atomic
def take_export(request: ExportRequest, actor: User) -> HttpResponseBase:
    """Return the file to the person who asked for it, once, and record it with its number of rows.

    Raises :class:`ExportRefusedError` for anybody else, a second time, without approval, or too late.
    """
    row = ExportRequest.objects.select_for_update().get(pk=request.pk)
    if row.requested_by_id != actor.pk:
        raise ExportRefusedError(gettext("Only the person who asked for this export can download it."))
    if row.taken_at is not None:
        raise ExportRefusedError(gettext("This export was downloaded before; ask for it again."))
    if row.needs_approval and not row.is_approved:
        raise ExportRefusedError(gettext("This export is not approved."))
    if (row.decided_at or row.requested_at) < timezone.now() - APPROVAL_VALIDITY:
        raise ExportRefusedError(gettext("This export has expired; ask for it again."))
    row.taken_at = timezone.now()
    row.save(update_fields=["taken_at"])
    detail = {
        "rows": row.rows,
        "format": row.format,
        "reason": row.reason,
        "approved_by": str(row.decided_by_id or ""),
    }
    chosen = row.selection if row.kind == Kind.PREDICTIONS else {}
    trail.record_event(f"{row.kind}.exported", row, actor, names=True, chosen=chosen, **detail)
    open_export = import_string(settings.EXPORT_KINDS[row.kind])
    response: HttpResponseBase = open_export(row)
    return response


def select_predictions(selection: Mapping[str, str], actor: User) -> PredictionQuerySet:
    """Return the predictions of the filters of an export that the actor may see, newest first."""
    return select_visible(Prediction.objects.order_by("-id"), actor).filter_by(
        verdict=selection.get("verdict", ""),
        profile=selection.get("profile", ""),
        review_status=selection.get("review_status", ""),
        created_from=parse_datetime(selection.get("created_from", "")),
        created_to=parse_datetime(selection.get("created_to", "")),
    )


def build_selection(filters: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters as JSON, ended now, so that what is approved is what is exported."""
    ends = [moment for moment in (filters.get("created_to"), timezone.now()) if moment]
    chosen = {**filters, "created_to": min(ends)}
    return {
        name: value.isoformat() if name in _MOMENTS else str(value) for name, value in chosen.items() if value
    }


def open_prediction_export(request: ExportRequest) -> StreamingHttpResponse:
    """Return the file of an export of predictions."""
    rows = select_predictions(request.selection, request.requested_by)
    return stream_file(stream_export(rows, request.format), request.format, f"predictions.{request.format}")


def _count_recent_rows(actor: User) -> int:
    """Return the rows that somebody was given, or may still take, within the period."""
    recent = ExportRequest.objects.filter(
        requested_by=actor, requested_at__gt=timezone.now() - LIMIT_PERIOD, needs_approval=False
    )
    return int(recent.aggregate(rows=Sum("rows"))["rows"] or 0)
