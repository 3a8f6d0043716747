"""The pages of the review desk, inside the admin. Everything works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import User
from feedback import desk, memo_views, quality_views, queue, services
from feedback.desk_forms import (
    LATER,
    PASSES,
    AbsenceForm,
    AdjudicationForm,
    DecisionForm,
    PassForm,
    ReasonForm,
    RevisionForm,
)
from feedback.frame import page
from feedback.guideline import in_force
from feedback.models import Feedback, ReviewItem, Stage
from feedback.queue import AbsentError, ClaimLostError
from feedback.services import AlreadySaidError, UndoError

NEEDS = "feedback.change_reviewitem"
LEADS = "feedback.lead_review"
_HOME = "admin:review-desk"
_LOST = (
    "Your claim on this item ran out, so nothing was stored. What you typed is kept as a draft: "
    "take the item again to send it."
)

View = Callable[..., HttpResponse]


def urls() -> list[URLPattern]:
    """Return the addresses of the desk, to stand before those of the items."""
    routes: list[tuple[str, View, str]] = [
        ("quality/mine", quality_views.mine, "review-mine"),
        ("quality/all", quality_views.everybody, "review-quality"),
        ("desk/", home, "review-desk"),
        ("desk/next", take_next, "review-next"),
        ("desk/absence", absence, "review-absence"),
        ("<uuid:pk>/judge", judge, "review-judge"),
        ("<uuid:pk>/pass", pass_on, "review-pass"),
        ("<uuid:pk>/alive", alive, "review-alive"),
        ("<uuid:pk>/again", again, "review-again"),
        ("<uuid:pk>/resume", resume, "review-resume"),
        ("word/<uuid:pk>", revealed, "review-revealed"),
        ("word/<uuid:pk>/undo", undo, "review-undo"),
        ("word/<uuid:pk>/memo", memo_views.memo, "review-memo"),
    ]
    return [path(route, admin.site.admin_view(_guarded(view)), name=name) for route, view, name in routes]


def _guarded(view: View) -> View:
    """Let reviewers in, and keep the page out of every cache."""

    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:
        if not request.user.has_perm(NEEDS):
            raise PermissionDenied
        response = view(request, **parts)
        response.headers["Cache-Control"] = "no-store"
        return response

    return cast(View, sensitive_post_parameters()(guarded))


def home(request: HttpRequest) -> HttpResponse:
    """Show what is in a reviewer's hands, and the way to the next item."""
    reviewer, now = _person(request), timezone.now()
    mine = ReviewItem.objects.open().filter(assigned_to=reviewer).exclude(stream="gold")
    context = {
        "held": ReviewItem.objects.held_by(reviewer, now).first(),
        "parked": mine.filter(state=ReviewItem.State.PARKED),
        "postponed": mine.filter(state=ReviewItem.State.OPEN, not_before__gt=now),
        "assigned": mine.filter(state=ReviewItem.State.OPEN, not_before__lte=now).count(),
        "recent": desk.recent(reviewer),
        "undoable": desk.undoable(reviewer, now),
        "absence": reviewer.absences.filter(starts_at__lte=now, ends_at__gt=now).first(),
    }
    return page(request, "home", "My desk", context)


def take_next(request: HttpRequest) -> HttpResponse:
    """Claim what is due first and open it."""
    if request.method != "POST":
        return redirect(_HOME)
    reviewer = _person(request)
    unreasoned = _unreasoned(reviewer)
    if unreasoned is not None:
        messages.warning(request, "First say why you decided otherwise than the model.")
        return redirect("admin:review-revealed", unreasoned.pk)
    try:
        item = queue.take_next(reviewer, request.user.has_perm(LEADS))
    except AbsentError as refusal:
        messages.error(request, str(refusal))
        return redirect(_HOME)
    if item is None and services.collect():
        item = queue.take_next(reviewer, request.user.has_perm(LEADS))
    if item is None:
        messages.success(request, "Nothing is waiting for you.")
        return redirect(_HOME)
    return redirect("admin:review-judge", item.pk)


def judge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the evidence and nothing of the model's answer; store the decision."""
    item = get_object_or_404(ReviewItem.objects.with_prediction(), pk=pk)
    reviewer = _person(request)
    form = _form(item, request)
    if request.method == "POST":
        return _decided(request, item, form)
    if not item.is_held_by(reviewer, timezone.now()):
        return _not_yours(request, item)
    if item.prediction.erased_at:
        services.close_erased(item, reviewer)
        messages.warning(request, "The names of that item were erased meanwhile; there is nothing to judge.")
        return redirect(_HOME)
    return _judge_page(request, item, form)


def pass_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Skip, postpone, escalate, or ask for a document."""
    item = get_object_or_404(ReviewItem.objects.with_prediction(), pk=pk)
    form = PassForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _judge_page(request, item, _form(item, request), passing=form, status=422)
    reviewer, reason = _person(request), form.cleaned_data["reason"]
    verbs = {"skip": queue.skip, "escalate": queue.escalate, "park": queue.park}
    try:
        if form.cleaned_data["do"] == "postpone":
            queue.postpone(item, reviewer, timezone.now() + form.delay(), reason)
        else:
            verbs[form.cleaned_data["do"]](item, reviewer, reason)
    except ClaimLostError:
        queue.keep_draft(item, reviewer, "", reason)
        return _not_yours(request, item, status=409)
    messages.success(request, f"Done. {PASSES[form.cleaned_data['do']].partition(':')[0]} is recorded.")
    return redirect(_HOME)


def alive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Extend the claim and keep the draft while somebody works on the page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    item = get_object_or_404(ReviewItem, pk=pk)
    reviewer = _person(request)
    kept = queue.keep_alive(item, reviewer)
    text = request.POST.get("text", "")[:4_000]
    if text and not item.done_at:
        queue.keep_draft(item, reviewer, "", text)
    return JsonResponse({"held": kept})


def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an item again after the claim ran out."""
    if request.method != "POST":
        return redirect(_HOME)
    item = get_object_or_404(ReviewItem, pk=pk)
    try:
        queue.take_again(item, _person(request))
    except ClaimLostError as refusal:
        messages.error(request, f"{refusal} Your draft is kept; take the next item.")
        return redirect(_HOME)
    return redirect("admin:review-judge", item.pk)


def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a parked item back into work; the note says which document came."""
    item = get_object_or_404(ReviewItem, pk=pk)
    note = request.POST.get("note", "").strip()[:1_000]
    own = item.assigned_to_id == _person(request).pk or request.user.has_perm(LEADS)
    if request.method == "POST" and own and note:
        queue.resume(item, _person(request), note)
        messages.success(request, "Back in work. It is the next item of who asked for the document.")
    else:
        messages.error(request, "Say which document came.")
    return redirect(_HOME)


def absence(request: HttpRequest) -> HttpResponse:
    """Go out of office until the end of a day, or come back."""
    person, form = _person(request), AbsenceForm(request.POST)
    if "back" in request.POST:
        queue.come_back(person, person)
        messages.success(request, "Welcome back.")
    elif request.method == "POST" and form.is_valid():
        queue.leave(person, form.ends_at(), person)
        messages.success(request, "You get no items until then; what you had in hand is free for others.")
    elif request.method == "POST":
        messages.error(request, str(form.errors["until"][0]))
    return redirect(_HOME)


def revealed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the model's answer beside the decision; store a reason or a revision."""
    word = _own_word(request, pk)
    reason, revision = ReasonForm(), RevisionForm()
    if request.method == "POST" and request.POST.get("do") == "reason":
        reason = ReasonForm(request.POST)
        if reason.is_valid():
            return _attempt(
                request, word, lambda: services.give_reason(word, word.reviewer, **reason.cleaned_data)
            )
    elif request.method == "POST":
        revision = RevisionForm(request.POST)
        if revision.is_valid():
            said = desk.SAYS[revision.cleaned_data["decision"]]
            text = revision.cleaned_data["text"]
            return _attempt(request, word, lambda: services.revise(word, word.reviewer, said, text))
    context = {**desk.answer(word), "answers": desk.ANSWERS, "reason_form": reason, "revision_form": revision}
    context["can_undo"] = word.can_be_undone(timezone.now())
    status = 422 if reason.errors or revision.errors else 200
    return page(request, "revealed", "The model’s answer", context, status)


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a decision back; the item is open again with what was typed."""
    if request.method != "POST":
        return redirect(_HOME)
    try:
        item = services.undo(get_object_or_404(Feedback, pk=pk), _person(request))
    except UndoError as refusal:
        messages.error(request, str(refusal))
        return redirect(_HOME)
    messages.success(request, "Taken back. Decide again.")
    return redirect("admin:review-judge", item.pk)


def _judge_page(
    request: HttpRequest,
    item: ReviewItem,
    form: DecisionForm,
    passing: PassForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the evidence with what was typed so far. An item of another is not shown."""
    reviewer = _person(request)
    if not item.is_held_by(reviewer, timezone.now()):
        return _not_yours(request, item, 409 if status > 200 else 200)
    shown = desk.evidence(item)
    if request.method == "GET":
        desk.record_seen(item, reviewer, shown["precedents"])
    context = {
        **shown,
        "item": item,
        "form": form,
        "draft": desk.draft_of(item, reviewer),
        "answers": desk.ANSWERS,
        "passes": PASSES,
        "later": LATER,
        "passing": passing or PassForm(),
        "undoable": desk.undoable(reviewer, timezone.now()),
        "third": item.stage == Stage.ADJUDICATION,
    }
    title = "Adjudicate" if context["third"] else "Is the difference material?"
    return page(request, "judge", title, context, status)


def _form(item: ReviewItem, request: HttpRequest) -> DecisionForm:
    data = request.POST if request.method == "POST" and "decision" in request.POST else None
    if item.stage == Stage.ADJUDICATION:
        return AdjudicationForm(data, guideline=in_force()[0])
    return DecisionForm(data)


def _decided(request: HttpRequest, item: ReviewItem, form: DecisionForm) -> HttpResponse:
    """Store what was decided and show the model's answer; lose nothing that was typed."""
    reviewer = _person(request)
    if not form.is_valid():
        return _judge_page(request, item, form, status=422)
    given, current = form.cleaned_data, in_force()[0]
    try:
        word = services.decide(
            item,
            reviewer,
            desk.SAYS[given["decision"]],
            given["text"],
            Decimal(str(given["confidence"])) if given["confidence"] else None,
            current.version if current else "",
            given.get("clause"),
        )
    except (ClaimLostError, AlreadySaidError):
        stored = Feedback.objects.first_words().filter(item=item, reviewer=reviewer).first()
        if stored is not None:  # the same form sent twice
            return redirect("admin:review-revealed", stored.pk)
        queue.keep_draft(item, reviewer, given["decision"], given["text"])
        return _not_yours(request, item, status=409)
    return redirect("admin:review-revealed", word.pk)


def _not_yours(request: HttpRequest, item: ReviewItem, status: int = 200) -> HttpResponse:
    """Say what became of an item that the reviewer no longer holds, and show the draft that is kept."""
    draft = desk.draft_of(item, _person(request))
    word = Feedback.objects.first_words().filter(item=item, reviewer=_person(request)).first()
    context = {"item": item, "draft": draft, "word": word, "lost": _LOST if draft else ""}
    return page(request, "lost", "This item is not in your hands", context, status)


def _own_word(request: HttpRequest, pk: UUID) -> Feedback:
    words = Feedback.objects.first_words().select_related("prediction__model", "prediction__gold", "reviewer")
    return get_object_or_404(words, pk=pk, reviewer=_person(request))


def _attempt(request: HttpRequest, word: Feedback, change: Callable[[], Feedback]) -> HttpResponse:
    """Do a change of a word and come back to it."""
    try:
        change()
        messages.success(request, "Stored. Both of your answers are kept.")
    except UndoError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:review-revealed", word.pk)


def _unreasoned(reviewer: User) -> Feedback | None:
    """Return the last decision if it goes against the model and its reason is still missing."""
    words = Feedback.objects.first_words().filter(reviewer=reviewer).select_related("prediction")
    last = words.order_by("-id").first()
    return last if last and services.reason_missing(last) else None


def _person(request: HttpRequest) -> User:
    """Return who is signed in; the admin lets nobody else in."""
    return cast(User, request.user)
