"""The pages of the review desk, inside the admin. Everything works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.admin_page import render_page
from feedback.guideline.service import get_guideline_in_force
from feedback.models import MAX_REASON_LENGTH, Feedback, ReviewItem, ReviewStage
from feedback.permissions import LEAD_PERMISSION
from feedback.review import decisions, presenter, queue
from feedback.review.decisions import DecisionChangeError, DuplicateFeedbackError
from feedback.review.forms import (
    PASS_CHOICES,
    POSTPONE_CHOICES,
    AbsenceForm,
    AdjudicationForm,
    DecisionForm,
    OverrideReasonForm,
    PassForm,
    RevisionForm,
)
from feedback.review.queue import ClaimLostError, ReviewerAbsentError

_HOME_URL_NAME = "admin:review-queue"
_CLAIM_LOST_MESSAGE = (
    "Your claim on this item ran out, so nothing was stored. What you typed is kept as a draft: "
    "take the item again to send it."
)


def show_queue(request: HttpRequest) -> HttpResponse:
    """Show what is in a reviewer's hands, and the way to the next item."""
    reviewer, now = get_current_user(request), timezone.now()
    mine = ReviewItem.objects.open().filter(assigned_to=reviewer).exclude(stream="gold")
    context = {
        "held": ReviewItem.objects.claimed_by(reviewer, now).first(),
        "parked": mine.filter(state=ReviewItem.State.PARKED),
        "postponed": mine.filter(state=ReviewItem.State.OPEN, not_before__gt=now),
        "assigned": mine.filter(state=ReviewItem.State.OPEN, not_before__lte=now).count(),
        "recent": presenter.list_recent_decisions(reviewer),
        "undoable": presenter.find_undoable_decision(reviewer, now),
        "absence": reviewer.absences.filter(starts_at__lte=now, ends_at__gt=now).first(),
    }
    return render_page(request, "queue", "My review queue", context)


def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim what is due first and open it."""
    if request.method != "POST":
        return redirect(_HOME_URL_NAME)
    reviewer = get_current_user(request)
    unreasoned = _find_unexplained_override(reviewer)
    if unreasoned is not None:
        messages.warning(request, "First say why you decided otherwise than the model.")
        return redirect("admin:review-decision", unreasoned.pk)
    try:
        item = queue.claim_next_item(reviewer, request.user.has_perm(LEAD_PERMISSION))
    except ReviewerAbsentError as refusal:
        messages.error(request, str(refusal))
        return redirect(_HOME_URL_NAME)
    if item is None and decisions.enqueue_sampled_predictions():
        item = queue.claim_next_item(reviewer, request.user.has_perm(LEAD_PERMISSION))
    if item is None:
        messages.success(request, "Nothing is waiting for you.")
        return redirect(_HOME_URL_NAME)
    return redirect("admin:review-decide", item.pk)


def decide_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the evidence and nothing of the model's answer; store the decision."""
    item = get_object_or_404(ReviewItem.objects.with_prediction(), pk=pk)
    reviewer = get_current_user(request)
    form = _build_form(item, request)
    if request.method == "POST":
        return _store_decision(request, item, form)
    if not item.is_claimed_by(reviewer, timezone.now()):
        return _render_claim_lost(request, item)
    if item.prediction.erased_at:
        decisions.close_erased_item(item, reviewer)
        messages.warning(request, "The names of that item were erased meanwhile; there is nothing to judge.")
        return redirect(_HOME_URL_NAME)
    return _render_evidence(request, item, form)


def pass_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Skip, postpone, escalate, or ask for a document."""
    item = get_object_or_404(ReviewItem.objects.with_prediction(), pk=pk)
    form = PassForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _render_evidence(request, item, _build_form(item, request), passing=form, status=422)
    reviewer, reason = get_current_user(request), form.cleaned_data["reason"]
    verbs = {"skip": queue.skip_item, "escalate": queue.escalate_item, "park": queue.park_item}
    try:
        if form.cleaned_data["do"] == "postpone":
            queue.postpone_item(item, reviewer, timezone.now() + form.get_delay(), reason)
        else:
            verbs[form.cleaned_data["do"]](item, reviewer, reason)
    except ClaimLostError:
        queue.save_draft(item, reviewer, "", reason)
        return _render_claim_lost(request, item, status=409)
    messages.success(request, f"Done. {PASS_CHOICES[form.cleaned_data['do']].partition(':')[0]} is recorded.")
    return redirect(_HOME_URL_NAME)


def handle_heartbeat(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Extend the claim and keep the draft while somebody works on the page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    item = get_object_or_404(ReviewItem, pk=pk)
    reviewer = get_current_user(request)
    kept = queue.extend_claim(item, reviewer)
    text = request.POST.get("text", "")[:MAX_REASON_LENGTH]
    if text and not item.done_at:
        queue.save_draft(item, reviewer, "", text)
    return JsonResponse({"held": kept})


def reclaim_expired_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an item again after the claim ran out."""
    if request.method != "POST":
        return redirect(_HOME_URL_NAME)
    item = get_object_or_404(ReviewItem, pk=pk)
    try:
        queue.reclaim_item(item, get_current_user(request))
    except ClaimLostError as refusal:
        messages.error(request, f"{refusal} Your draft is kept; take the next item.")
        return redirect(_HOME_URL_NAME)
    return redirect("admin:review-decide", item.pk)


def resume_parked_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a parked item back into work; the note says which document came."""
    item = get_object_or_404(ReviewItem, pk=pk)
    note = request.POST.get("note", "").strip()[:1_000]
    own = item.assigned_to_id == get_current_user(request).pk or request.user.has_perm(LEAD_PERMISSION)
    if request.method == "POST" and own and note:
        queue.resume_item(item, get_current_user(request), note)
        messages.success(request, "Back in work. It is the next item of who asked for the document.")
    else:
        messages.error(request, "Say which document came.")
    return redirect(_HOME_URL_NAME)


def change_absence(request: HttpRequest) -> HttpResponse:
    """Go out of office until the end of a day, or come back."""
    person, form = get_current_user(request), AbsenceForm(request.POST)
    if "back" in request.POST:
        queue.end_absence(person, person)
        messages.success(request, "Welcome back.")
    elif request.method == "POST" and form.is_valid():
        queue.start_absence(person, form.get_end(), person)
        messages.success(request, "You get no items until then; what you had in hand is free for others.")
    elif request.method == "POST":
        messages.error(request, str(form.errors["until"][0]))
    return redirect(_HOME_URL_NAME)


def show_decision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the model's answer beside the decision; store a reason or a revision."""
    word = _get_own_decision(request, pk)
    reason, revision = OverrideReasonForm(), RevisionForm()
    if request.method == "POST" and request.POST.get("do") == "reason":
        reason = OverrideReasonForm(request.POST)
        if reason.is_valid():
            return _apply_change(
                request,
                word,
                lambda: decisions.add_override_reason(word, word.reviewer, **reason.cleaned_data),
            )
    elif request.method == "POST":
        revision = RevisionForm(request.POST)
        if revision.is_valid():
            said = revision.cleaned_data["decision"].material
            text = revision.cleaned_data["text"]
            return _apply_change(
                request, word, lambda: decisions.revise_decision(word, word.reviewer, said, text)
            )
    context = {
        **presenter.build_model_answer(word),
        "choices": presenter.DECISION_CHOICES,
        "reason_form": reason,
        "revision_form": revision,
    }
    context["can_undo"] = word.can_be_undone(timezone.now())
    status = 422 if reason.errors or revision.errors else 200
    return render_page(request, "decision", "The model’s answer", context, status)


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a decision back; the item is open again with what was typed."""
    if request.method != "POST":
        return redirect(_HOME_URL_NAME)
    try:
        item = decisions.undo_decision(get_object_or_404(Feedback, pk=pk), get_current_user(request))
    except DecisionChangeError as refusal:
        messages.error(request, str(refusal))
        return redirect(_HOME_URL_NAME)
    messages.success(request, "Taken back. Decide again.")
    return redirect("admin:review-decide", item.pk)


def _render_evidence(
    request: HttpRequest,
    item: ReviewItem,
    form: DecisionForm,
    passing: PassForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the evidence with what was typed so far. An item of another is not shown."""
    reviewer = get_current_user(request)
    if not item.is_claimed_by(reviewer, timezone.now()):
        return _render_claim_lost(request, item, 409 if status > 200 else 200)
    shown = presenter.build_evidence(item)
    if request.method == "GET":
        presenter.record_names_revealed(item, reviewer, shown["precedents"])
    context = {
        **shown,
        "item": item,
        "form": form,
        "draft": presenter.find_draft(item, reviewer),
        "choices": presenter.DECISION_CHOICES,
        "passes": PASS_CHOICES,
        "later": POSTPONE_CHOICES,
        "passing": passing or PassForm(),
        "undoable": presenter.find_undoable_decision(reviewer, timezone.now()),
        "third": item.stage == ReviewStage.ADJUDICATION,
    }
    title = "Adjudicate" if context["third"] else "Is the difference material?"
    return render_page(request, "decide", title, context, status)


def _build_form(item: ReviewItem, request: HttpRequest) -> DecisionForm:
    data = request.POST if request.method == "POST" and "decision" in request.POST else None
    if item.stage == ReviewStage.ADJUDICATION:
        return AdjudicationForm(data, guideline=get_guideline_in_force()[0])
    return DecisionForm(data)


def _store_decision(request: HttpRequest, item: ReviewItem, form: DecisionForm) -> HttpResponse:
    """Store what was decided and show the model's answer; lose nothing that was typed."""
    reviewer = get_current_user(request)
    if not form.is_valid():
        return _render_evidence(request, item, form, status=422)
    given, current = form.cleaned_data, get_guideline_in_force()[0]
    try:
        word = decisions.submit_decision(
            item,
            reviewer,
            given["decision"].material,
            given["text"],
            Decimal(str(given["confidence"])) if given["confidence"] else None,
            current.version if current else "",
            given.get("clause"),
        )
    except (ClaimLostError, DuplicateFeedbackError):
        stored = Feedback.objects.initial_decisions().filter(item=item, reviewer=reviewer).first()
        if stored is not None:  # the same form sent twice
            return redirect("admin:review-decision", stored.pk)
        queue.save_draft(item, reviewer, given["decision"], given["text"])
        return _render_claim_lost(request, item, status=409)
    return redirect("admin:review-decision", word.pk)


def _render_claim_lost(request: HttpRequest, item: ReviewItem, status: int = 200) -> HttpResponse:
    """Say what became of an item that the reviewer no longer holds, and show the draft that is kept."""
    draft = presenter.find_draft(item, get_current_user(request))
    word = Feedback.objects.initial_decisions().filter(item=item, reviewer=get_current_user(request)).first()
    context = {"item": item, "draft": draft, "word": word, "lost": _CLAIM_LOST_MESSAGE if draft else ""}
    return render_page(request, "claim_lost", "This item is not in your hands", context, status)


def _get_own_decision(request: HttpRequest, pk: UUID) -> Feedback:
    words = Feedback.objects.initial_decisions().select_related(
        "prediction__model", "prediction__gold", "reviewer"
    )
    return get_object_or_404(words, pk=pk, reviewer=get_current_user(request))


def _apply_change(request: HttpRequest, word: Feedback, change: Callable[[], Feedback]) -> HttpResponse:
    """Do a change of a word and come back to it."""
    try:
        change()
        messages.success(request, "Stored. Both of your answers are kept.")
    except DecisionChangeError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:review-decision", word.pk)


def _find_unexplained_override(reviewer: User) -> Feedback | None:
    """Return the last decision if it goes against the model and its reason is still missing."""
    words = Feedback.objects.initial_decisions().filter(reviewer=reviewer).select_related("prediction")
    last = words.order_by("-id").first()
    return last if last and decisions.needs_override_reason(last) else None
