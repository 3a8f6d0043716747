"""The admin page by which the owner of a bulk job sends its review rows, with the budget first."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.auth.current_user import get_current_user
from feedback.models import MAX_REASON_LENGTH, ReviewRequest
from feedback.requests.job_rows import JobRowsError, RowSelection, plan_sending, send_rows
from matching.models import BatchJob

_PERMISSION = "feedback.add_reviewrequest"
_JOB_PAGE = "admin:matching_batchjob_change"


class JobRowsForm(forms.Form):
    """Which rows of a job to send, and why."""

    rows = forms.ChoiceField(
        choices=[
            ("all", "All review rows"),
            ("sample", "A random sample"),
            ("priority", "Those of a high priority"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    size = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        initial=50,
        label="Rows of a sample",
        help_text="A job has one order of drawing: a larger sample holds the smaller one.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    at_least = forms.IntegerField(
        min_value=0,
        max_value=100,
        initial=50,
        label="Least priority",
        help_text="100 where the model finds both verdicts as likely, 0 where it is sure of one.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        max_length=MAX_REASON_LENGTH,
        label="What should reviewers decide, and why?",
        help_text="Read after each decision, which is made without your opinion.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    priority = forms.ChoiceField(
        choices=ReviewRequest.Priority.choices, label="Urgency", widget=UnfoldAdminSelectWidget
    )

    def get_selection(self) -> RowSelection:
        """Return the rows that the valid form chooses."""
        data = self.cleaned_data
        return RowSelection(data["rows"], data["size"], data["at_least"])


def send_job_rows(request: HttpRequest, pk: object) -> HttpResponse:
    """Show what sending rows of one's own job would do and cost; send them when that was seen."""
    user = get_current_user(request)
    if not user.has_perms([_PERMISSION, "matching.view_batchjob"]):
        raise PermissionDenied
    job = get_object_or_404(BatchJob.objects.manageable_by(user).select_related("model"), pk=pk)
    form, plan = JobRowsForm(request.POST if request.method == "POST" else None), None
    try:
        plan = plan_sending(job, form.get_selection() if form.is_valid() else RowSelection())
        if form.is_valid() and "send" in request.POST:
            data = form.cleaned_data
            done = send_rows(job, user, form.get_selection(), data["reason"], data["priority"])
            told = f" A precedent answered {done.answered}." if done.answered else ""
            messages.success(request, f"{done.sent} rows wait for reviewers.{told}")
            return redirect(_JOB_PAGE, job.pk)
    except JobRowsError as refusal:
        messages.error(request, str(refusal))
    context = {**admin.site.each_context(request), "title": "Send rows to reviewers"}
    return TemplateResponse(
        request, "admin/job_review.html", {**context, "job": job, "form": form, "plan": plan}
    )
