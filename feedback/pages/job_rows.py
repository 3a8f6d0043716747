"""The page by which the owner of a bulk job sends its review rows to reviewers, with the budget first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.auth.current_user import get_current_user
from feedback.requests.job_rows import JobRowsError, RowSelection, SendingResult, plan_sending, send_rows
from feedback.requests.row_selection import JobReviewSerializer
from matching.models import BatchJob

_PERMISSIONS = ("feedback.add_reviewrequest", "matching.view_batchjob")
_FIELDS = ("rows", "size", "at_least", "reason", "priority")
_ERRORS = {
    "size": gettext_lazy("Give a number of rows from 1 to 100,000."),
    "at_least": gettext_lazy("Give a priority from 0 to 100."),
    "reason": gettext_lazy("Say what reviewers should decide, and why."),
}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(_PERMISSIONS, raise_exception=True)
def send_job_rows(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what sending rows of one's own job would do and cost; send them when that was seen."""
    user = get_current_user(request)
    job = get_object_or_404(BatchJob.objects.manageable_by(user).select_related("model"), pk=pk)
    values = {name: request.POST[name].strip() for name in _FIELDS if request.POST.get(name, "").strip()}
    serializer = JobReviewSerializer(data=values)
    is_valid = request.method == "POST" and serializer.is_valid()
    data: dict[str, Any] = dict(serializer.validated_data) if is_valid else {}
    reason, priority = data.pop("reason", ""), data.pop("priority", "")
    try:
        plan = plan_sending(job, RowSelection(**data))
        if is_valid and plan.is_within_budget and "send" in request.POST:
            result = send_rows(job, user, RowSelection(**data), reason, priority)
            messages.success(request, _describe_sending(result))
            return redirect("job-page", pk)
    except JobRowsError as refusal:
        messages.error(request, str(refusal))
        return redirect("job-page", pk)
    errors = {} if is_valid or request.method != "POST" else _describe_errors(serializer)
    context = {"job": job, "plan": plan, "values": values, "errors": errors, "is_counted": is_valid}
    return render(request, "feedback/send_rows.html", context, status=422 if errors else 200)


def _describe_errors(serializer: JobReviewSerializer) -> dict[str, str]:
    """Return a sentence for each field that is not valid."""
    return {name: str(_ERRORS.get(name, details[0])) for name, details in serializer.errors.items()}


def _describe_sending(result: SendingResult) -> str:
    """Return in one or two sentences what was sent."""
    sent = ngettext("%d row waits for reviewers.", "%d rows wait for reviewers.", result.sent) % result.sent
    if not result.answered:
        return sent
    answered = ngettext(
        "An earlier decision answered %d row.", "Earlier decisions answered %d rows.", result.answered
    )
    return f"{sent} {answered % result.answered}"
