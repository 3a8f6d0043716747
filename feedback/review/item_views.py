"""The pages of one claimed item: decide it, or skip, postpone, escalate or park it.

Every page of review works without JavaScript.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.guideline.service import get_guideline_in_force
from feedback.models import MAX_REASON_LENGTH, Feedback, ReviewItem, ReviewStage
from feedback.review import decisions, presenter, queue
from feedback.review.decisions import DuplicateFeedbackError, Reasons
from feedback.review.forms import PASS_CHOICES, POSTPONE_CHOICES, AdjudicationForm, DecisionForm, PassForm
from feedback.review.queue import ClaimLostError

_CLAIM_LOST_MESSAGE = gettext_lazy(
    "Your claim on this item ran out, so nothing was stored. What you typed is kept as a draft: "
    "claim the item again to send it."
)


def decide_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the evidence without the model's prediction; store the decision."""
    reviewer = get_current_user(request)
    item = get_object_or_404(ReviewItem.objects.visible_to(reviewer).with_prediction(), pk=pk)
    form = _build_form(item, request)
    if request.method == "POST":
        return _store_decision(request, item, form)
    if not item.is_claimed_by(reviewer, timezone.now()):
        return render_lost_claim(request, item)
    if item.prediction.erased_at:
        decisions.close_erased_item(item, reviewer)
        text = gettext("The names of that item were erased meanwhile; there is nothing to decide.")
        messages.warning(request, text)
        return redirect("admin:review-queue")
    return _render_evidence(request, item, form)


def pass_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Skip, postpone, escalate or park an item."""
    reviewer = get_current_user(request)
    item = get_object_or_404(ReviewItem.objects.visible_to(reviewer).with_prediction(), pk=pk)
    form = PassForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _render_evidence(request, item, _build_form(item, request), pass_form=form, status=422)
    reason = form.cleaned_data["reason"]
    actions = {"skip": queue.skip_item, "escalate": queue.escalate_item, "park": queue.park_item}
    try:
        if form.cleaned_data["do"] == "postpone":
            queue.postpone_item(item, reviewer, timezone.now() + form.get_delay(), reason)
        else:
            actions[form.cleaned_data["do"]](item, reviewer, reason)
    except ClaimLostError:
        queue.save_draft(item, reviewer, "", reason)
        return render_lost_claim(request, item, status=409)
    action = str(PASS_CHOICES[form.cleaned_data["do"]]).partition(":")[0]
    messages.success(request, gettext("Done. {action} is recorded.").format(action=action))
    return redirect("admin:review-queue")


def handle_heartbeat(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Extend the claim and save the draft while the reviewer works on the page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reviewer = get_current_user(request)
    item = get_object_or_404(ReviewItem.objects.visible_to(reviewer), pk=pk)
    is_held = queue.extend_claim(item, reviewer)
    text, client_reason = (
        request.POST.get(name, "")[:MAX_REASON_LENGTH] for name in ("text", "client_reason")
    )
    if (text or client_reason) and not item.done_at:
        queue.save_draft(item, reviewer, "", text, client_reason)
    return JsonResponse({"held": is_held})


def _build_form(item: ReviewItem, request: HttpRequest) -> DecisionForm:
    """Return the form that the stage of the item asks for, bound when a decision was sent."""
    data = request.POST if request.method == "POST" and "decision" in request.POST else None
    form = AdjudicationForm if item.stage == ReviewStage.ADJUDICATION else DecisionForm
    return form(data, guideline=get_guideline_in_force()[0])


def _store_decision(request: HttpRequest, item: ReviewItem, form: DecisionForm) -> HttpResponse:
    """Store the decision and go to its page; after a lost claim save what was typed as a draft."""
    reviewer = get_current_user(request)
    if not form.is_valid():
        return _render_evidence(request, item, form, status=422)
    data, guideline = form.cleaned_data, get_guideline_in_force()[0]
    try:
        decision = decisions.submit_decision(
            item,
            reviewer,
            data["decision"].material,
            Reasons(data["text"], data["client_reason"]),
            Decimal(str(data["confidence"])) if data["confidence"] else None,
            guideline.version if guideline else "",
            data["clause"],
        )
    except (ClaimLostError, DuplicateFeedbackError):
        stored = Feedback.objects.initial_decisions().by_user(reviewer).filter(item=item).first()
        if stored is not None:  # the same form was sent twice
            return redirect("admin:review-decision", stored.pk)
        queue.save_draft(item, reviewer, data["decision"], data["text"], data["client_reason"])
        return render_lost_claim(request, item, status=409)
    return redirect("admin:review-decision", decision.pk)


def render_item(
    request: HttpRequest, item: ReviewItem, question: str = "", question_error: str = "", status: int = 200
) -> HttpResponse:
    """Show the page of an item with what was typed as a question to the requester."""
    return _render_evidence(
        request, item, _build_form(item, request), status=status, question=(question, question_error)
    )


def _render_evidence(
    request: HttpRequest,
    item: ReviewItem,
    form: DecisionForm,
    pass_form: PassForm | None = None,
    status: int = 200,
    question: tuple[str, str] = ("", ""),
) -> HttpResponse:
    """Show the evidence with what was typed so far, or that the reviewer does not hold the item."""
    reviewer = get_current_user(request)
    if not item.is_claimed_by(reviewer, timezone.now()):
        return render_lost_claim(request, item, 409 if status > 200 else 200)
    evidence = presenter.build_evidence(item, reviewer)
    if request.method == "GET":
        presenter.record_names_revealed(item, reviewer, evidence["precedents"])
    context = {
        **evidence,
        "item": item,
        "form": form,
        "draft": presenter.find_draft(item, reviewer),
        "choices": presenter.DECISION_CHOICES,
        "pass_choices": PASS_CHOICES,
        "postpone_choices": POSTPONE_CHOICES,
        "pass_form": pass_form or PassForm(),
        "question": question[0],
        "question_error": question[1],
        "undoable": presenter.find_undoable_decision(reviewer, timezone.now()),
        "is_adjudication": item.stage == ReviewStage.ADJUDICATION,
    }
    title = gettext("Adjudicate") if context["is_adjudication"] else gettext("Is the difference material?")
    return render_page(request, "decide", title, context, status)


def render_lost_claim(request: HttpRequest, item: ReviewItem, status: int = 200) -> HttpResponse:
    """Show the state of an item that the reviewer does not hold, with the saved draft."""
    reviewer = get_current_user(request)
    draft = presenter.find_draft(item, reviewer)
    context = {
        "item": item,
        "draft": draft,
        "feedback": Feedback.objects.initial_decisions().by_user(reviewer).filter(item=item).first(),
        "message": _CLAIM_LOST_MESSAGE if draft else "",
    }
    return render_page(request, "claim_lost", gettext("You do not hold this item"), context, status)
