"""The admin list of feedback; that of review items is in ``items``."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from import_export.admin import ImportMixin
from import_export.formats.base_formats import CSV
from unfold.contrib.import_export.forms import ImportForm

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import step_up
from accounts.models import User
from feedback.admin.clause_links import link_clause
from feedback.admin.exports import DECISIONS_EXPORT, MEMOS_EXPORT, ask_for_export
from feedback.memo import views as memo_views
from feedback.models import Feedback
from feedback.permissions import LEAD_PERMISSION, is_blind
from feedback.transfer.label_export import export_feedback
from feedback.transfer.label_import import ImportPreviewStorage, LabelResource, claim_preview, has_preview
from feedback.transfer.workbooks import XLSX
from matching.models import join_prediction


@admin.register(Feedback)
class FeedbackAdmin(ImportMixin, ReadOnlyAdmin):  # type: ignore[misc]  # the package ships no types
    """Feedback of clients and reviewers."""

    list_display = ("__str__", "created_at", "source", "stage", "reviewer", "processed")
    list_filter = ("source", "stage", "user_correction", "processed")
    search_fields = ("id__exact", "prediction__id__exact", "reviewer__email__exact")
    search_help_text = gettext_lazy("Id of the feedback or of the prediction, or the e-mail of its author")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "created_at",
        "prediction",
        "answer",
        "confidence_score",
        "source",
        "stage",
        "stream",
        "selection_probability",
        "reviewer",
        "model",
        "guideline_version",
        "clause_link",
        "prediction_shown",
        "seconds",
        "adjudicated",
        "revises",
        "withdrawn_at",
        "processed",
        "training_run",
    )
    readonly_fields = fields
    actions = ("download_binder", "download_redacted_binder", "export_without_names", "export_with_names")
    resource_classes = (LabelResource,)
    import_form_class = ImportForm
    tmp_storage_class = ImportPreviewStorage
    skip_admin_log = True
    formats = (CSV, XLSX)
    has_export_names_permission = require_permission("matching.export_names")
    actions_list = ("train_now",)
    has_download_binder_permission = require_permission("feedback.view_feedback")
    has_train_now_permission = require_permission("modelops.add_trainingrun")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Defer the encrypted text; a reviewer sees only their own feedback, to stay blind."""
        rows = join_prediction(super().get_queryset(request).visible_to(request.user))
        rows = rows.select_related("reviewer").defer("feedback_text", "client_reason")
        return rows.filter(reviewer=request.user) if is_blind(request.user) else rows

    @admin.display(description=gettext_lazy("Decision"), ordering="user_correction")
    def answer(self, row: Feedback) -> str:
        """Return the label of the decision."""
        return str(row.decision.label)

    @admin.display(description=gettext_lazy("Clause"))
    def clause_link(self, row: Feedback) -> str:
        """Return a link to the cited clause in the text of its version."""
        return link_clause(row.clause)

    @admin_button(gettext_lazy("Memos of the chosen, with names, as a ZIP"), "export_names")
    @step_up
    def download_binder(self, request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponseBase:
        """Download memos as PDF and JSON in one ZIP, after a reason; it counts as an export of names."""
        return ask_for_export(self.admin_site, request, rows, self.get_queryset(request), MEMOS_EXPORT)

    @admin_button(gettext_lazy("Memos of the chosen, redacted, as a ZIP"), "download_binder")
    def download_redacted_binder(self, request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponse:
        """Download memos without names, reasons and reviewers."""
        return memo_views.download_redacted_binder(request, rows)

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        """Remember whose file is previewed."""
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if initial:
            claim_preview(initial["import_file_name"], get_current_user(request))
        return initial

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the previewed file; ask for it again when it was deleted meanwhile."""
        name = request.POST.get("import_file_name", "")
        if self.has_import_permission(request) and name and not has_preview(name, get_current_user(request)):
            messages.error(
                request, gettext("This preview has expired, and nothing was imported. Upload the file again.")
            )
            return redirect("admin:feedback_feedback_import")
        answer: HttpResponse = super().process_import(request, **kwargs)
        return answer

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Let leads import labels."""
        return request.user.has_perm(LEAD_PERMISSION)

    @admin_button(gettext_lazy("Export the chosen as CSV, without names"), "download_binder")
    def export_without_names(self, request: HttpRequest, rows: QuerySet[Feedback]) -> StreamingHttpResponse:
        """Download the columns that cannot quote a name."""
        return export_feedback(rows, with_names=False)

    @admin_button(gettext_lazy("Export the chosen as CSV, with names"), "export_names")
    @step_up
    def export_with_names(self, request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponseBase:
        """Download names and reasons too, after a reason; above the limit a second person approves."""
        return ask_for_export(self.admin_site, request, rows, self.get_queryset(request), DECISIONS_EXPORT)

    @admin_button(gettext_lazy("Train a candidate now"), "train_now")
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Enqueue a training after a confirmation."""

        def perform(actor: User, _: Any) -> str:
            # By the task's name, because importing its module would import MLflow.
            arguments = ["asked for in the admin", str(actor.pk)]
            current_app.send_task("feedback.tasks.retrain_model", arguments, queue="train", retry=False)
            return gettext("The training is enqueued; follow it here.")

        text = gettext(
            "A candidate is trained on every decision since the last training. It does not go live."
        )
        back = reverse("admin:modelops_trainingrun_changelist")
        step = ConfirmationStep(gettext("Train a candidate now?"), text, gettext("Train"), back, perform)
        return handle_confirmation(self.admin_site, request, step)
