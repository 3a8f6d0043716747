"""Pages of reports: issue one from the page of a prediction, and verify one without an account."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import proof_verifier
from accounts.audit.checkpoints import get_origin
from accounts.audit.keys import list_verifier_keys
from accounts.auth.client_address import get_client_network
from accounts.auth.current_user import get_current_user
from accounts.auth.throttles import apply_rate_limit
from accounts.usage.rates import RateLimit
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.api.report_views import send_report
from feedback.memo.pdf import MemoRenderError
from feedback.memo.views import build_file_response
from feedback.report.issue import MAX_REFERENCE_LENGTH, REPORT_TYPES, ReportOptions
from feedback.report.verification import verify_code
from matching.engine import MAX_NAME_LENGTH

ISSUE_COST = 10
"""Units of the limit of a user that one report takes, as over the API."""

VERIFY_RATE = RateLimit.parse("20/min")
"""Codes that one network may try."""


class ReportForm(forms.Form):
    """How a report is written."""

    file = forms.ChoiceField(choices=[(name, name) for name in REPORT_TYPES], required=False)
    reference = forms.CharField(max_length=MAX_REFERENCE_LENGTH, required=False)
    redacted = forms.BooleanField(required=False)


class VerifyForm(forms.Form):
    """A verification code, and the two names if they are to be confirmed."""

    code = forms.CharField(
        label=gettext_lazy("Verification code"),
        max_length=40,
        help_text=gettext_lazy("Twenty letters and digits, at the foot of every page of the report."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    name1 = forms.CharField(
        label=gettext_lazy("Name A"), max_length=MAX_NAME_LENGTH, required=False, strip=False
    )
    name2 = forms.CharField(
        label=gettext_lazy("Name B"), max_length=MAX_NAME_LENGTH, required=False, strip=False
    )


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
def download_report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Issue the report of one of the user's own predictions."""
    user, form = get_current_user(request), ReportForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("A reference has at most %d characters. No report was issued.") % MAX_REFERENCE_LENGTH
        )
        return redirect("answer-page", pk=pk)
    decision = apply_rate_limit(f"user:{user.pk}", ISSUE_COST)
    if not decision.allowed:
        messages.error(request, _describe_wait(decision.wait_seconds))
        return redirect("answer-page", pk=pk)
    fields = form.cleaned_data
    options = ReportOptions(fields["file"] or "pdf", fields["reference"], fields["redacted"])
    try:
        return send_report(get_own_reviewed_prediction(user, pk), user, options)
    except MemoRenderError as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def verify_report(request: HttpRequest) -> HttpResponse:
    """Say whether a report is genuine, to whoever has its code; the code travels in a request body only."""
    if request.method != "POST":
        return _render_verification(request, VerifyForm())
    form = VerifyForm(request.POST)
    decision = apply_rate_limit(f"verify:{get_client_network(request)}", rate=VERIFY_RATE)
    if not decision.allowed:
        form.add_error(None, _describe_wait(decision.wait_seconds))
        return _render_verification(request, form, status=429)
    if not form.is_valid():
        return _render_verification(request, form, status=422)
    fields = form.cleaned_data
    found = verify_code(fields["code"], fields["name1"], fields["name2"])
    return _render_verification(request, form, {"found": found, "is_unknown": found is None})


@require_safe
def download_verifier(_request: HttpRequest) -> HttpResponse:
    """Send the program that checks a report as JSON without a network."""
    source = Path(proof_verifier.__file__).read_bytes()
    return build_file_response(source, "verify_proof.py", "text/x-python; charset=utf-8")


def _render_verification(
    request: HttpRequest, form: VerifyForm, context: dict[str, object] | None = None, status: int = 200
) -> HttpResponse:
    shown = {"form": form, "keys": list_verifier_keys(get_origin()), **(context or {})}
    return render(request, "feedback/verify.html", shown, status=status)


def _describe_wait(seconds: float) -> str:
    wait = max(1, round(seconds))
    return (
        ngettext(
            "Too many requests; try again in %d second.", "Too many requests; try again in %d seconds.", wait
        )
        % wait
    )
