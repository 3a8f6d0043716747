"""Pages of one bulk job for its owner: progress, result, download, cancel, delete."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.auth.current_user import get_current_user
from matching.api.job_views import send_result, send_reviewed_result
from matching.jobs import service
from matching.models import BatchJob
from matching.pages import presenter
from matching.pages.job_progress import build_progress
from matching.pages.job_results import build_result_context
from matching.pages.uploads import ADD_PERMISSION
from modelops.models import RunStatus

VIEW_PERMISSION = "matching.view_batchjob"


@never_cache
@require_safe
@login_required
@permission_required(VIEW_PERMISSION, raise_exception=True)
def show_job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far one of the user's jobs is, and its result when it has one."""
    job = _get_visible_job(request, pk)
    result = build_result_context(job, request.GET, own=True) if job.status == RunStatus.SUCCEEDED else None
    context = {
        "job": job,
        "may_manage": job.user_id == get_current_user(request).pk,
        "progress": build_progress(job),
        "result": result,
        "profile": presenter.get_profile_choice(job.profile),
    }
    return render(request, "matching/job.html", context)


@never_cache
@require_safe
@login_required
@permission_required(VIEW_PERMISSION, raise_exception=True)
def show_job_progress(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Return the progress of one of the user's jobs, for the progress bar."""
    return JsonResponse(build_progress(_get_visible_job(request, pk)))


@never_cache
@require_safe
@login_required
@permission_required(VIEW_PERMISSION, raise_exception=True)
def download_result(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send the result of one of the user's jobs, with the decisions of reviewers where asked for."""
    job = _get_visible_job(request, pk)
    if job.status != RunStatus.SUCCEEDED:
        messages.error(request, _("There is no result yet."))
        return redirect("job-page", pk=pk)
    send = send_reviewed_result if "reviews" in request.GET else send_result
    return send(job, get_current_user(request))


@require_POST
@login_required
@permission_required(ADD_PERMISSION, raise_exception=True)
def cancel_job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop one of the user's jobs and delete its files."""
    job = service.cancel(_get_manageable_job(request, pk), get_current_user(request))
    is_cancelled = job.status == RunStatus.CANCELLED
    text = _("The job is cancelled.") if is_cancelled else _("The job had already ended; it stays as it is.")
    messages.success(request, text)
    return redirect("job-page", pk=pk)


@require_POST
@login_required
@permission_required(ADD_PERMISSION, raise_exception=True)
def delete_job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete one of the user's jobs with its files."""
    service.delete(_get_manageable_job(request, pk), get_current_user(request))
    messages.success(request, _("The job and its files are deleted."))
    return redirect("jobs-page")


def _get_visible_job(request: HttpRequest, pk: UUID) -> BatchJob:
    return get_object_or_404(BatchJob.objects.visible_to(get_current_user(request)).with_model(), pk=pk)


def _get_manageable_job(request: HttpRequest, pk: UUID) -> BatchJob:
    return get_object_or_404(BatchJob.objects.manageable_by(get_current_user(request)).with_model(), pk=pk)
