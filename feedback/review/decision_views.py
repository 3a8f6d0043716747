"""The page of one's own decision: the model's prediction beside it, revision, override reason, undo."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.models import Feedback
from feedback.review import decisions, presenter
from feedback.review.decisions import DecisionChangeError
from feedback.review.forms import OverrideReasonForm, RevisionForm


def show_decision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the model's prediction beside the decision; store an override reason or a revision."""
    decision = _get_own_decision(request, pk)
    reason_form, revision_form = OverrideReasonForm(), RevisionForm()
    if request.method == "POST" and request.POST.get("do") == "reason":
        reason_form = OverrideReasonForm(request.POST)
        if reason_form.is_valid():
            return _store_reason(request, decision, reason_form)
    elif request.method == "POST":
        revision_form = RevisionForm(request.POST)
        if revision_form.is_valid():
            return _store_revision(request, decision, revision_form)
    context = {
        **presenter.build_model_answer(decision),
        "choices": presenter.DECISION_CHOICES,
        "reason_form": reason_form,
        "revision_form": revision_form,
        "can_undo": decision.can_be_undone(timezone.now()),
    }
    status = 422 if reason_form.errors or revision_form.errors else 200
    return render_page(request, "decision", gettext("The model’s prediction"), context, status)


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Undo a decision; the item is claimed again with what was typed."""
    if request.method != "POST":
        return redirect("admin:review-queue")
    user = get_current_user(request)
    try:
        item = decisions.undo_decision(get_object_or_404(Feedback.objects.visible_to(user), pk=pk), user)
    except DecisionChangeError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:review-queue")
    messages.success(request, gettext("Undone. Decide again."))
    return redirect("admin:review-decide", item.pk)


def _get_own_decision(request: HttpRequest, pk: UUID) -> Feedback:
    rows = Feedback.objects.initial_decisions().select_related(
        "prediction__model", "prediction__gold", "reviewer", "clause__guideline"
    )
    return get_object_or_404(rows.by_user(get_current_user(request)), pk=pk)


def _store_reason(request: HttpRequest, decision: Feedback, form: OverrideReasonForm) -> HttpResponse:
    text = form.cleaned_data["text"]
    return _apply_change(
        request,
        decision,
        lambda: decisions.add_override_reason(decision, decision.reviewer, text),
        gettext("The reason is stored."),
    )


def _store_revision(request: HttpRequest, decision: Feedback, form: RevisionForm) -> HttpResponse:
    material, text = form.cleaned_data["decision"].material, form.cleaned_data["text"]
    return _apply_change(
        request,
        decision,
        lambda: decisions.revise_decision(decision, decision.reviewer, material, text),
        gettext("Stored. Both of your decisions are kept."),
    )


def _apply_change(
    request: HttpRequest, decision: Feedback, change: Callable[[], Feedback], message: str
) -> HttpResponse:
    """Change a decision, or say why that is refused, and return to its page."""
    try:
        change()
        messages.success(request, message)
    except DecisionChangeError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:review-decision", decision.pk)
