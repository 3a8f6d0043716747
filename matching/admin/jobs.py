"""Admin pages of bulk jobs: upload, progress, result, cancel, delete. A script refreshes the progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, ValidationError
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    admin_button,
    deny_everyone,
    handle_confirmation,
    label_column,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import require_recent_authentication
from accounts.models import User
from accounts.numbers import fill
from matching import tasks
from matching.api.job_views import send_result, send_reviewed_result
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import show_text
from matching.engine import Kind
from matching.jobs import service
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.rows import FileError
from matching.jobs.upload_handler import EncryptedUploadHandler
from matching.models import UNFINISHED_STATUSES, BatchJob
from matching.pages.comparison_limit import ComparisonLimitError, take_rows
from matching.pages.job_progress import build_progress
from matching.pages.job_results import build_result_context
from matters.api.fields import describe_matter, read_matter
from matters.service import list_open_choices
from matters.wall import read_scope, select_visible
from modelops.models import RunStatus

_STATUS_COLOURS = {
    RunStatus.QUEUED: "info",
    RunStatus.RUNNING: "warning",
    RunStatus.SUCCEEDED: "success",
    RunStatus.FAILED: "danger",
    RunStatus.CANCELLED: "default",
}
_LIST_URL = "admin:matching_batchjob_changelist"
_DETAIL_URL = "admin:matching_batchjob_change"


class UploadForm(forms.Form):
    """A file of pairs, and how to read it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.xlsx,.jsonl,.ndjson"}),
        help_text=gettext_lazy("CSV or JSON Lines in UTF-8, or the first sheet of an XLSX workbook."),
    )
    column1 = forms.CharField(
        label=gettext_lazy("Column of name A"),
        initial="name1",
        strip=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )
    column2 = forms.CharField(
        label=gettext_lazy("Column of name B"),
        initial="name2",
        strip=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )
    profile = forms.ChoiceField(
        label=gettext_lazy("Profile"), widget=UnfoldAdminSelectWidget, initial="general"
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        widget=UnfoldAdminSelectWidget,
        choices=[
            ("auto", gettext_lazy("Tell from the names")),
            *((kind.value, kind.value.title()) for kind in Kind),
        ],
    )

    matter = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget,
        required=False,
        label=gettext_lazy("Matter"),
        help_text=gettext_lazy("Only its members see the file and its result."),
    )

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        profiles = [(profile.id, show_text(profile.title)) for profile in get_available_profiles().values()]
        self.fields["profile"].choices = profiles  # type: ignore[attr-defined]
        if matters := list_open_choices(read_scope(user)):
            self.fields["matter"].choices = [("", gettext_lazy("No matter")), *matters]  # type: ignore[attr-defined]
        else:
            del self.fields["matter"]


@admin.register(BatchJob)
class BatchJobAdmin(ModelAdmin):  # type: ignore[misc]  # the package ships no types
    """Bulk jobs and their progress."""

    list_display = (
        "created_at",
        "user",
        "profile",
        "format",
        "display_status",
        "display_rows",
        "rows_failed",
    )
    list_select_related = ("user", "model")
    list_filter = ("status",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "created_at",
        "user",
        "matter",
        "file_bytes",
        "profile",
        "kind",
        "model",
        "rules_version",
        "generation",
        "started_at",
        "finished_at",
        "id",
    )
    readonly_fields = fields
    actions = None
    actions_detail = ("download", "cancel", "delete_job")
    change_form_outer_before_template = "admin/job_progress.html"
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone

    class Media:
        css = {"all": ("matching/job.css",)}
        js = ("unfold/js/chart/chart.js", "matching/job.js")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may upload a file."""
        return request.user.has_perm("matching.add_batchjob")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchJob]:
        """Return the own jobs, or all jobs for users who oversee them; never the keys of the files."""
        user = get_current_user(request)
        rows: QuerySet[BatchJob] = super().get_queryset(request).defer("file_key", "shape")
        rows = select_visible(rows, user)
        return rows if user.has_perm("matching.oversee_batchjobs") else rows.filter(user=user)

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs with the upload page in place of the form for a new row, and with the progress."""
        extra = [
            path("add/", csrf_exempt(self._handle_upload), name="matching_batchjob_add"),
            path(
                "<uuid:pk>/progress",
                self.admin_site.admin_view(self.show_progress),
                name="matching_batchjob_progress",
            ),
        ]
        return [*extra, *super().get_urls()]

    @label_column(gettext_lazy("Status"), "status", _STATUS_COLOURS)
    def display_status(self, job: BatchJob) -> tuple[str, str]:
        """Return the status with its colour."""
        return job.status, job.get_status_display()

    @admin.display(description=gettext_lazy("Rows"))
    def display_rows(self, job: BatchJob) -> str:
        """Return how many of the rows are done."""
        if job.rows_total is None:
            return gettext("not counted yet") if job.status in UNFINISHED_STATUSES else "–"
        return fill(
            gettext("{rows_done:,} of {rows_total:,} ({share:.0%})"),
            rows_done=job.rows_done,
            rows_total=job.rows_total,
            share=job.share,
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a job with its progress."""
        job = self._get_job(request, object_id) if object_id else None
        progress = _build_page_context(job, request) if job else {}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **progress})

    def show_progress(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Return the progress of a job as JSON, for the progress bar."""
        if not request.user.has_perm("matching.view_batchjob"):
            return HttpResponse(status=403)
        response = JsonResponse(build_progress(get_object_or_404(self.get_queryset(request), pk=pk)))
        response.headers["Cache-Control"] = "no-store"
        return response

    def _handle_upload(self, request: HttpRequest) -> HttpResponseBase:
        """Write an upload to an encrypted file as it arrives; show its errors on the page."""
        if not self.has_add_permission(request):
            denied: HttpResponseBase = self.admin_site.admin_view(_deny_access)(request)
            return denied
        handler = EncryptedUploadHandler(request)
        request.upload_handlers = [handler]
        try:
            response: HttpResponseBase = self.admin_site.admin_view(self._process_upload)(request)
            return response
        except APIException as error:
            messages.error(request, _describe_error(error))
            return redirect("admin:matching_batchjob_add")
        finally:
            handler.close()

    def _process_upload(self, request: HttpRequest) -> HttpResponse:
        user = get_current_user(request)
        form = UploadForm(user, request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                job = _create_job(user, form.cleaned_data)
            except (FileError, service.JobError, ComparisonLimitError) as error:
                form.add_error("file", show_file_error(str(error)))
            else:
                messages.success(request, gettext("The file is stored. It is compared in the background."))
                return redirect(_DETAIL_URL, job.pk)
        text = fill(
            gettext(
                "Every row is compared under one profile, by one model version. Up to "
                "{job_max_rows:,} rows. The file is stored encrypted, and deleted "
                "{jobs_kept_days} days after the job ends."
            ),
            job_max_rows=settings.JOB_MAX_ROWS,
            jobs_kept_days=settings.JOBS_KEPT_DAYS,
        )
        step = ConfirmationStep(
            gettext("Compare a file"),
            text,
            gettext("Upload and compare"),
            reverse(_LIST_URL),
            lambda _actor, _fields: "",
        )
        context = {**self.admin_site.each_context(request), "title": step.title, "step": step, "form": form}
        return TemplateResponse(request, "admin/step.html", context)

    def has_download_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether there is a result and the user may download it."""
        job = self._get_job(request, object_id)
        return bool(job and job.status == RunStatus.SUCCEEDED and _can_read(request, job))

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the job is unfinished and the user may cancel it."""
        job = self._get_job(request, object_id)
        return bool(job and job.status in UNFINISHED_STATUSES and _can_end(request, job))

    def has_remove_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the user may delete the job."""
        job = self._get_job(request, object_id)
        return bool(job and _can_end(request, job))

    @admin_button(gettext_lazy("Download the result"), "download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send the result; that of another user after a confirmation."""
        job = get_object_or_404(self.get_queryset(request), pk=object_id)
        own = job.user_id == request.user.pk
        if own:
            send = send_reviewed_result if "reviews" in request.GET else send_result
            return send(job, get_current_user(request))
        require_recent_authentication(request)
        text = gettext("It holds the names of another user's file. The audit trail records that you took it.")
        step = ConfirmationStep(
            gettext("Download the result?"),
            text,
            gettext("Download"),
            _get_job_url(job),
            lambda _actor, _fields: "",
        )
        if request.method == "POST":
            return send_result(job, get_current_user(request))
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Cancel"), "cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel the job after a confirmation."""
        job = get_object_or_404(self.get_queryset(request), pk=object_id)

        def perform(actor: User, _: Mapping[str, Any]) -> str:
            is_cancelled = service.cancel(job, actor).status == RunStatus.CANCELLED
            return (
                gettext("The job is cancelled.")
                if is_cancelled
                else gettext("The job had already ended; it stays as it is.")
            )

        text = gettext("The job ends and its files are deleted, with the results so far.")
        step = ConfirmationStep(
            gettext("Cancel the job?"), text, gettext("Cancel the job"), _get_job_url(job), perform
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Delete"), "remove")
    def delete_job(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Delete the job with its files after a confirmation."""
        job = get_object_or_404(self.get_queryset(request), pk=object_id)

        def perform(actor: User, _: Mapping[str, Any]) -> str:
            service.delete(job, actor)
            return gettext("The job and its files are deleted.")

        text = gettext("The upload, the result and their key are deleted. This cannot be undone.")
        step = ConfirmationStep(
            gettext("Delete the job?"), text, gettext("Delete the job"), reverse(_LIST_URL), perform
        )
        return handle_confirmation(self.admin_site, request, step)

    def _get_job(self, request: HttpRequest, object_id: Any) -> BatchJob | None:
        """Return the job, read once a request."""
        if object_id is None:
            return None
        jobs: dict[str, BatchJob | None] = request.__dict__.setdefault("_jobs_by_id", {})
        if str(object_id) not in jobs:
            jobs[str(object_id)] = self.get_object(request, str(object_id))
        return jobs[str(object_id)]


def _build_page_context(job: BatchJob, request: HttpRequest) -> dict[str, Any]:
    """Return the context of a job's page; only the owner sees the file name."""
    own = job.user_id == request.user.pk
    result = build_result_context(job, request.GET, own) if job.status == RunStatus.SUCCEEDED else None
    return {"job": job, "progress": build_progress(job), "own": own, "result": result}


def _create_job(user: User, fields: Mapping[str, Any]) -> BatchJob:
    """Create the job of a valid form. Raises ``ComparisonLimitError``, and as :func:`service.create`."""
    upload, columns = fields["file"], (fields["column1"], fields["column2"])
    matter = read_matter(user, fields.get("matter"))
    take_rows(user, upload.row_estimate)
    options = service.JobOptions(columns, fields["profile"], fields["kind"], matter=matter)
    job = service.create(user, upload, options)
    tasks.enqueue_job(job)
    return job


def _describe_error(error: APIException) -> str:
    if isinstance(error, ValidationError):
        return describe_matter(error) if "matter" in error.detail else gettext("Send one file.")
    return str(error.detail)


def _deny_access(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=403)


def _can_read(request: HttpRequest, job: BatchJob) -> bool:
    return job.user_id == request.user.pk or request.user.has_perm("matching.reveal_names")


def _can_end(request: HttpRequest, job: BatchJob) -> bool:
    if job.user_id == request.user.pk:
        return request.user.has_perm("matching.add_batchjob")
    return request.user.has_perm("matching.delete_batchjob")


def _get_job_url(job: BatchJob) -> str:
    return reverse(_DETAIL_URL, args=[job.pk])
