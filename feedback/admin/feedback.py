"""The admin lists of review items and feedback; the review pages are in ``review_urls``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.admin import ImportMixin
from import_export.formats.base_formats import CSV
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ReadOnlyAdmin,
    admin_button,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import step_up
from accounts.models import Role, User
from feedback.admin.exports import DECISIONS_EXPORT, MEMOS_EXPORT, ask_for_export
from feedback.admin.review_urls import build_review_urls
from feedback.memo import views as memo_views
from feedback.models import Feedback, ReviewItem, ReviewItemQuerySet
from feedback.permissions import LEAD_PERMISSION, REVIEW_PERMISSION
from feedback.review import queue
from feedback.transfer.label_export import export_feedback
from feedback.transfer.label_import import ImportPreviewStorage, LabelResource, claim_preview, has_preview
from feedback.transfer.workbooks import XLSX

_BLIND_COLUMNS = ("created_at", "state", "claimed_by", "claimed_until", "done_at")
_LEAD_COLUMNS = ("created_at", "stream", "stage", "state", "priority", "due_at", "assigned_to", "claimed_by")


class AssignForm(forms.Form):
    """The reviewer to assign items to."""

    person = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True, role__in=[Role.REVIEWER, Role.LEAD]),
        required=False,
        empty_label="Anybody",
        widget=UnfoldAdminSelectWidget(),
    )


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    """Review items, waiting ones first. Only leads and auditors see the stream: it hints at the verdict."""

    list_select_related = ("claimed_by", "assigned_to")
    ordering = ("-done_at", "due_at", "id")  # PostgreSQL puts those that are not done first
    paginator = BoundedPaginator
    show_full_result_count = False
    actions_list = ("open_review_queue",)
    has_open_review_queue_permission = require_permission(REVIEW_PERMISSION)
    has_assign_permission = require_permission(LEAD_PERMISSION)
    actions = ("assign",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        """Return the items on the user's side of every wall."""
        rows: ReviewItemQuerySet = super().get_queryset(request)
        return rows.visible_to(get_current_user(request))

    def get_urls(self) -> list[Any]:
        """Return the review pages, then the admin's own pages of items."""
        return [*build_review_urls(), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show stream and stage to leads and auditors only."""
        return _BLIND_COLUMNS if _is_blind(request) else _LEAD_COLUMNS

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Offer filters on the visible columns only."""
        return ("state",) if _is_blind(request) else ("state", "stage", "stream", "for_lead")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show the same columns as the list."""
        rest = ("selection_probability", "not_before", "for_lead", "claimed_until", "done_at")
        return _BLIND_COLUMNS if _is_blind(request) else (*_LEAD_COLUMNS, *rest)

    get_readonly_fields = get_fields

    @admin_button("Assign the chosen items", "assign")
    def assign(self, request: HttpRequest, rows: QuerySet[ReviewItem]) -> HttpResponse:
        """Assign the chosen open items to one reviewer, or to nobody."""
        keys = [UUID(key) for key in request.POST.getlist("keys")] or [row.pk for row in rows]
        form = AssignForm(request.POST if "apply" in request.POST else None)
        if form.is_bound and form.is_valid():
            try:
                count = queue.assign_items(keys, form.cleaned_data["person"], get_current_user(request))
                messages.success(request, f"{count} of {len(keys)} assigned; the others are claimed or done.")
                return redirect("admin:feedback_reviewitem_changelist")
            except queue.ReviewerAbsentError as refusal:
                form.add_error("person", str(refusal))
        context = {**self.admin_site.each_context(request), "title": "Assign items", "form": form}
        context |= {"keys": keys, "back": reverse("admin:feedback_reviewitem_changelist")}
        return TemplateResponse(request, "feedback/review/assign.html", context)

    @admin_button("My review queue", "open_review_queue")
    def open_review_queue(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the reviewer's own queue."""
        return redirect("admin:review-queue")


@admin.register(Feedback)
class FeedbackAdmin(ImportMixin, ReadOnlyAdmin):  # type: ignore[misc]  # the package ships no types
    """Feedback of clients and reviewers."""

    list_display = ("created_at", "answer", "source", "stage", "reviewer", "processed", "prediction_link")
    list_filter = ("source", "stage", "user_correction", "processed")
    list_select_related = ("reviewer",)
    search_fields = ("id__exact", "prediction__id__exact", "reviewer__email__exact")
    search_help_text = "Id of the feedback or of the prediction, or the e-mail of its author"
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "created_at",
        "prediction_link",
        "answer",
        "confidence_score",
        "source",
        "stage",
        "stream",
        "selection_probability",
        "reviewer",
        "model",
        "guideline_version",
        "clause",
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
        rows = super().get_queryset(request).visible_to(request.user).defer("feedback_text")
        return rows.filter(reviewer=request.user) if _is_blind(request) else rows

    @admin.display(description="Decision", ordering="user_correction")
    def answer(self, row: Feedback) -> str:
        """Return the label of the decision."""
        return str(row.decision.label)

    @admin.display(description="Prediction")
    def prediction_link(self, row: Feedback) -> str:
        """Return the id of the prediction."""
        return str(row.prediction_id)

    @admin_button("Memos of the chosen, with names, as a ZIP", "export_names")
    @step_up
    def download_binder(self, request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponseBase:
        """Download memos as PDF and JSON in one ZIP, after a reason; it counts as an export of names."""
        return ask_for_export(self.admin_site, request, rows, self.get_queryset(request), MEMOS_EXPORT)

    @admin_button("Memos of the chosen, redacted, as a ZIP", "download_binder")
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
                request, "This preview has expired, and nothing was imported. Upload the file again."
            )
            return redirect("admin:feedback_feedback_import")
        answer: HttpResponse = super().process_import(request, **kwargs)
        return answer

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Let leads import labels."""
        return request.user.has_perm(LEAD_PERMISSION)

    @admin_button("Export the chosen as CSV, without names", "download_binder")
    def export_without_names(self, request: HttpRequest, rows: QuerySet[Feedback]) -> StreamingHttpResponse:
        """Download the columns that cannot quote a name."""
        return export_feedback(rows, with_names=False)

    @admin_button("Export the chosen as CSV, with names", "export_names")
    @step_up
    def export_with_names(self, request: HttpRequest, rows: QuerySet[Feedback]) -> HttpResponseBase:
        """Download names and reasons too, after a reason; above the limit a second person approves."""
        return ask_for_export(self.admin_site, request, rows, self.get_queryset(request), DECISIONS_EXPORT)

    @admin_button("Train a candidate now", "train_now")
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Enqueue a training by the task's name, because importing its module would import MLflow."""
        arguments = ["asked for in the admin", str(get_current_user(request).pk)]
        current_app.send_task("feedback.tasks.retrain_model", arguments, queue="train", retry=False)
        messages.success(request, "The training is enqueued; follow it here.")
        return redirect("admin:modelops_trainingrun_changelist")


def _is_blind(request: HttpRequest) -> bool:
    """Return whether the user reviews and is no lead."""
    return request.user.has_perm(REVIEW_PERMISSION) and not request.user.has_perm(LEAD_PERMISSION)
