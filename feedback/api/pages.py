"""Saying on the page whether an answer was right."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.auth.current_user import get_current_user
from feedback.api.serializers import FeedbackSerializer
from feedback.review.decisions import DuplicateFeedbackError, submit_client_feedback
from feedback.review.routing import contradicts_prediction
from matching.models import Prediction
from matching.pages import presenter

_FORM_FIELDS = ("user_correction", "confidence_score", "feedback_text")
_ANSWER_REQUIRED = "Choose one of the two answers."
_REASON_REQUIRED = "Say why you decide otherwise; a reviewer reads it."


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required("feedback.add_feedback", raise_exception=True)
def submit_feedback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store the person's word on one of their own answers; overriding it needs a reason."""
    user = get_current_user(request)
    prediction = get_object_or_404(Prediction.objects.for_user(user), pk=pk)
    given = {field: request.POST.get(field, "").strip() for field in _FORM_FIELDS}
    serializer = FeedbackSerializer(data={**given, "confidence_score": given["confidence_score"] or None})
    serializer.fields.pop("prediction")
    if errors := _collect_errors(serializer, prediction):
        return _render_form(request, prediction, given, errors)
    try:
        submit_client_feedback(user, prediction, **serializer.validated_data)
        messages.success(request, "Thank you. Your word on this answer is stored.")
    except DuplicateFeedbackError:
        messages.warning(request, "You gave your word on this answer before; the first one stands.")
    return redirect("answer-page", pk=prediction.pk)


def _collect_errors(serializer: FeedbackSerializer, prediction: Prediction) -> dict[str, str]:
    """Return what is wrong with each field, in words for its place beside the field."""
    if not serializer.is_valid():
        errors = {field: str(found[0]) for field, found in serializer.errors.items()}
        return {**errors, **({"user_correction": _ANSWER_REQUIRED} if "user_correction" in errors else {})}
    data = serializer.validated_data
    needs_reason = contradicts_prediction(data["user_correction"], prediction) and not data["feedback_text"]
    return {"feedback_text": _REASON_REQUIRED} if needs_reason else {}


def _render_form(
    request: HttpRequest, prediction: Prediction, given: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    """Show the form with what was typed."""
    context = {
        "prediction": prediction,
        "verdict": presenter.get_verdict_badge(prediction.verdict),
        "leaning": presenter.describe_leaning(
            prediction.verdict, prediction.prediction, float(prediction.confidence)
        ),
        "said": given,
        "errors": errors,
    }
    return render(request, "feedback/give.html", context, status=422)
