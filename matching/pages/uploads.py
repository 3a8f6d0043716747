"""Pages that take a file of pairs: send it or paste it, choose columns and profile, start the job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.exceptions import APIException, ValidationError

from accounts.auth.current_user import get_current_user
from matching import tasks
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.rows import FileError
from matching.jobs.service import JobError, JobOptions
from matching.jobs.upload_handler import UPLOAD_FIELD, EncryptedUploadHandler, Upload
from matching.jobs.uploads import drafts, preview
from matching.models import BatchJob, JobDraft
from matching.pages import presenter
from matching.pages.comparison_limit import ComparisonLimitError, take_rows
from matching.pages.job_progress import format_duration
from matters.api.fields import describe_matter, read_matter
from matters.service import list_open_choices
from matters.wall import read_scope

ADD_PERMISSION = "matching.add_batchjob"
SHOWN_JOBS = 20


class DraftForm(forms.Form):
    """How a file is read and compared."""

    column1 = forms.CharField(strip=False)
    column2 = forms.CharField(strip=False)
    titles = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], required=False)
    profile = forms.ChoiceField()
    kind = forms.ChoiceField(choices=lambda: list(presenter.get_kind_labels().items()))
    matter = forms.CharField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        profiles = [(item["id"], item["title"]) for item in presenter.list_profile_choices()]
        self.fields["profile"].choices = profiles  # type: ignore[attr-defined]


@csrf_exempt  # the handler is set before the form is read; _take_file checks the token
@never_cache
@login_required
@permission_required("matching.view_batchjob", raise_exception=True)
def show_jobs(request: HttpRequest) -> HttpResponse:
    """List the user's jobs with the form for a new file; take a file or pasted cells."""
    if request.method != "POST":
        return _render_jobs(request)
    handler = EncryptedUploadHandler(request)
    request.upload_handlers = [handler]
    try:
        return _take_file(request)
    except RequestDataTooBig:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        text = _("More than %d MB were pasted. Save the sheet as CSV or XLSX and choose the file.") % limit
        return _render_jobs(request, text, status=413)
    except APIException as error:
        return _render_jobs(request, _describe_error(error), status=error.status_code)
    finally:
        handler.close()


@csrf_protect
@sensitive_post_parameters()
@permission_required(ADD_PERMISSION, raise_exception=True)
def _take_file(request: HttpRequest) -> HttpResponse:
    user, text = get_current_user(request), request.POST.get("text", "")
    upload: object = request.FILES.get(UPLOAD_FIELD)
    try:
        draft = (
            drafts.keep_upload(user, upload) if isinstance(upload, Upload) else drafts.keep_text(user, text)
        )
    except FileError as error:
        return _render_jobs(request, show_file_error(str(error)), text, status=422)
    return redirect("job-draft-page", pk=draft.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(ADD_PERMISSION, raise_exception=True)
def show_draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the first rows of a file with the choices; start the job."""
    draft = get_object_or_404(JobDraft, pk=pk, user=get_current_user(request))
    if request.method != "POST":
        return _render_draft(request, draft, request.GET.get("titles", ""))
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _render_draft(request, draft, error=_("Please choose both columns, a profile and a kind."))
    try:
        job = _start(draft, form.cleaned_data)
    except ValidationError as error:
        return _render_draft(request, draft, form.cleaned_data["titles"], matter_error=describe_matter(error))
    except (FileError, JobError, ComparisonLimitError) as error:
        return _render_draft(request, draft, form.cleaned_data["titles"], show_file_error(str(error)))
    return redirect("job-page", pk=job.pk)


@require_POST
@login_required
@permission_required(ADD_PERMISSION, raise_exception=True)
def discard_draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a file that was not started."""
    drafts.discard_draft(get_object_or_404(JobDraft, pk=pk, user=get_current_user(request)))
    messages.success(request, _("The file is deleted."))
    return redirect("jobs-page")


def _start(draft: JobDraft, fields: dict[str, Any]) -> BatchJob:
    columns = (fields["column1"], fields["column2"])
    has_titles = fields["titles"] != "no"
    preview.check_columns(preview.build_preview(draft, has_titles), columns)
    take_rows(draft.user, preview.estimate(draft, has_titles).rows or draft.file_bytes // 20)
    matter = read_matter(draft.user, fields["matter"])
    options = JobOptions(columns, fields["profile"], fields["kind"], draft.format, matter)
    job = drafts.start_draft(draft, options, has_titles)
    tasks.enqueue_job(job)
    return job


def _render_jobs(request: HttpRequest, error: str = "", text: str = "", status: int = 200) -> HttpResponse:
    user = get_current_user(request)
    context = {
        "jobs": list(BatchJob.objects.visible_to(user).for_listing()[:SHOWN_JOBS]),
        "drafts": list(JobDraft.objects.filter(user=user)),
        "error": error,
        "text": text,
        "max_rows": settings.JOB_MAX_ROWS,
        "kept_days": settings.JOBS_KEPT_DAYS,
        "largest": settings.JOB_MAX_BYTES,
    }
    return render(request, "matching/jobs.html", context, status=status)


def _render_draft(
    request: HttpRequest, draft: JobDraft, titles: str = "", error: str = "", matter_error: str = ""
) -> HttpResponse:
    """Render the choices of a file, those of the request where it has any."""
    try:
        shown = preview.build_preview(draft, {"yes": True, "no": False}.get(titles))
        faults = preview.find_faults(draft, shown.guess) if shown.has_titles else []
    except FileError as fault:
        messages.error(request, show_file_error(str(fault)))
        return redirect("jobs-page")
    guess = dict(zip(("column1", "column2"), shown.guess, strict=True))
    chosen = {"profile": "general", "kind": "auto", **guess, **request.POST.dict()}
    duration = preview.estimate(draft, shown.has_titles)
    context = {
        "draft": draft,
        "preview": shown,
        "faults": faults,
        "chosen": chosen,
        "form": chosen,
        "matters": list_open_choices(read_scope(draft.user)),
        "errors": {"matter": matter_error} if matter_error else {},
        "error": error,
        "rows": duration.rows,
        "duration": format_duration(duration.seconds) if duration.seconds else "",
        "profiles": presenter.list_profile_choices(),
        "kinds": presenter.get_kind_labels(),
    }
    return render(request, "matching/job_draft.html", context, status=422 if error or matter_error else 200)


def _describe_error(error: APIException) -> str:
    return _("Send one file.") if isinstance(error, ValidationError) else str(error.detail)
