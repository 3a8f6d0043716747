"""Admin page of exports: a second person decides, and the person who asked downloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from matching.api.export_requests import ExportRefusedError, decide_export, take_export
from matching.models import ExportRequest


def answer_export(request: HttpRequest, export: ExportRequest) -> HttpResponseBase:
    """Return the file at once, or the page of an export that needs a second person."""
    if not export.needs_approval:
        return take_export(export, get_current_user(request))
    messages.warning(
        request, f"{export.rows} rows need a second person: somebody has to approve this export."
    )
    return HttpResponseRedirect(reverse("admin:matching_exportrequest_change", args=[export.pk]))


@admin.register(ExportRequest)
class ExportRequestAdmin(ReadOnlyAdmin):
    """Exports of names with their reasons."""

    list_display = ("requested_at", "kind", "rows", "requested_by", "status", "decided_by", "taken_at")
    list_select_related = ("requested_by", "decided_by")
    list_filter = ("kind", "needs_approval", "is_approved")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "format", "chosen", "reason", "needs_approval", "decided_at", "decision_reason")
    readonly_fields = fields
    actions = None
    actions_detail = ("approve", "decline", "download")
    has_approve_permission = require_permission("matching.approve_export")
    has_decline_permission = require_permission("matching.approve_export")
    has_download_permission = require_permission("matching.export_names")

    @admin.display(description=gettext_lazy("Chosen by"))
    def chosen(self, export: ExportRequest) -> str:
        """Return the filters; a list of ids only by its length."""
        given = {name: len(value) if name == "ids" else value for name, value in export.selection.items()}
        return ", ".join(f"{name}: {value}" for name, value in given.items())

    @admin_button(gettext_lazy("Approve"), "approve")
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve the export of somebody else."""
        return self._decide(request, object_id, gettext("Approve"), True)

    @admin_button(gettext_lazy("Decline"), "decline")
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decline the export of somebody else."""
        return self._decide(request, object_id, gettext("Decline"), False)

    @admin_button(gettext_lazy("Download"), "download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Download an approved export, once."""
        export = get_object_or_404(ExportRequest, pk=object_id)
        back = reverse("admin:matching_exportrequest_change", args=[export.pk])
        if request.method == "POST":
            try:
                return take_export(export, get_current_user(request))
            except ExportRefusedError as refusal:
                messages.error(request, str(refusal))
                return HttpResponseRedirect(back)
        text = gettext(
            "The file holds names in {rows} rows. It can be downloaded once, which is recorded."
        ).format(rows=export.rows)
        step = ConfirmationStep(
            gettext("Download the export?"), text, gettext("Download"), back, lambda _actor, _data: ""
        )
        return handle_confirmation(self.admin_site, request, step)

    def _decide(self, request: HttpRequest, object_id: str, verb: str, is_approved: bool) -> HttpResponse:
        export = get_object_or_404(ExportRequest.objects.select_related("requested_by"), pk=object_id)
        back = reverse("admin:matching_exportrequest_change", args=[export.pk])

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            return gettext("The export is {status}.").format(
                status=decide_export(export, actor, is_approved, data["reason"]).status
            )

        facts = {
            gettext("Asked for by"): export.requested_by,
            gettext("What"): f"{export}, {self.chosen(export)}",
            gettext("Reason"): export.reason,
        }
        text = gettext("The file holds names. The person who asked can download it once, within a day.")
        step = ConfirmationStep(
            gettext("Approve the export?") if is_approved else gettext("Decline the export?"),
            text,
            verb,
            back,
            perform,
            ReasonForm,
            (ExportRefusedError,),
            facts,
        )
        return handle_confirmation(self.admin_site, request, step)
