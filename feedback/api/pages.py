"""The feedback form on the page of a prediction, and the memo of its decision."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.auth.current_user import get_current_user
from feedback.api.memo_views import get_own_reviewed_prediction, send_client_memo
from feedback.api.serializers import FeedbackSerializer
from feedback.memo.content import ReviewPendingError
from feedback.memo.pdf import MemoRenderError
from feedback.review.decisions import DuplicateFeedbackError, submit_client_feedback
from feedback.review.routing import contradicts_prediction
from matching.models import Prediction
from matching.pages import presenter

_FORM_FIELDS = ("user_correction", "confidence_score", "feedback_text")
_ANSWER_REQUIRED = _("Choose one of the two answers.")
_REASON_REQUIRED = _("Say why you decide otherwise; a reviewer reads it.")


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required("feedback.add_feedback", raise_exception=True)
def submit_feedback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store a user's feedback on one of their own predictions; contradicting it needs a reason."""
    user = get_current_user(request)
    prediction = get_object_or_404(Prediction.objects.visible_to(user), pk=pk)
    values = {field: request.POST.get(field, "").strip() for field in _FORM_FIELDS}
    serializer = FeedbackSerializer(data={**values, "confidence_score": values["confidence_score"] or None})
    serializer.fields.pop("prediction")
    if errors := _collect_errors(serializer, prediction):
        return _render_form(request, prediction, values, errors)
    try:
        submit_client_feedback(user, prediction, **serializer.validated_data)
        messages.success(request, _("Thank you. Your feedback on this answer is stored."))
    except DuplicateFeedbackError:
        messages.warning(request, _("You gave feedback on this answer before; the first one counts."))
    return redirect("answer-page", pk=prediction.pk)


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def download_memo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the memo of the decision on one of the user's own predictions."""
    user = get_current_user(request)
    try:
        return send_client_memo(get_own_reviewed_prediction(user, pk), user, "pdf")
    except (ReviewPendingError, MemoRenderError) as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)


def _collect_errors(serializer: FeedbackSerializer, prediction: Prediction) -> dict[str, str]:
    """Return the error message of each invalid field."""
    if not serializer.is_valid():
        errors = {field: str(details[0]) for field, details in serializer.errors.items()}
        return {
            **errors,
            **({"user_correction": str(_ANSWER_REQUIRED)} if "user_correction" in errors else {}),
        }
    data = serializer.validated_data
    needs_reason = contradicts_prediction(data["user_correction"], prediction) and not data["feedback_text"]
    return {"feedback_text": str(_REASON_REQUIRED)} if needs_reason else {}


def _render_form(
    request: HttpRequest, prediction: Prediction, values: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    """Render the form with the submitted values and the errors."""
    context = {
        "prediction": prediction,
        "verdict": presenter.get_verdict_badge(prediction.verdict),
        "leaning": presenter.describe_leaning(prediction.leaning, prediction.leaning_probability),
        "values": values,
        "errors": errors,
    }
    return render(request, "feedback/give.html", context, status=422)
