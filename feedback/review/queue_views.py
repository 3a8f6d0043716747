"""The page of a reviewer's own queue: claim, reclaim and resume items, and go out of office."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.models import ReviewItem
from feedback.permissions import LEAD_PERMISSION
from feedback.review import presenter, queue, waiting
from feedback.review.enqueueing import enqueue_sampled_predictions
from feedback.review.forms import AbsenceForm
from feedback.review.queue import ClaimLostError, ReviewerAbsentError

_QUEUE_URL_NAME = "admin:review-queue"


def show_queue(request: HttpRequest) -> HttpResponse:
    """Show what waits, the reviewer's claimed, parked and postponed items, and their latest decisions."""
    reviewer, now = get_current_user(request), timezone.now()
    available = ReviewItem.objects.filter(waiting.build_available_condition(reviewer, now))
    state = ReviewItem.State
    tables = waiting.tabulate_waiting(reviewer, now)
    context = {
        "tables": tables,
        "overdue": waiting.count_overdue(reviewer, tables),
        "all_items": waiting.link_waiting(reviewer),
        "claimed": ReviewItem.objects.claimed_by(reviewer, now).first(),
        "parked": presenter.list_own_items(reviewer, state=state.PARKED),
        "postponed": presenter.list_own_items(reviewer, state=state.OPEN, not_before__gt=now),
        "assigned": available.filter(assigned_to=reviewer).count(),
        "recent": presenter.list_recent_decisions(reviewer),
        "undoable": presenter.find_undoable_decision(reviewer, now),
        "absence": reviewer.absences.filter(starts_at__lte=now, ends_at__gt=now).first(),
    }
    return render_page(request, "queue", gettext("My review queue"), context)


def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim the item that is due first and open it; an override without a reason comes before it."""
    if request.method != "POST":
        return redirect(_QUEUE_URL_NAME)
    reviewer, is_lead = get_current_user(request), request.user.has_perm(LEAD_PERMISSION)
    unexplained = presenter.find_unexplained_override(reviewer)
    if unexplained is not None:
        messages.warning(request, gettext("First say why your decision overrides the model."))
        return redirect("admin:review-decision", unexplained.pk)
    try:
        item = queue.claim_next_item(reviewer, is_lead)
        if item is None and enqueue_sampled_predictions():
            item = queue.claim_next_item(reviewer, is_lead)
    except ReviewerAbsentError as refusal:
        messages.error(request, str(refusal))
        return redirect(_QUEUE_URL_NAME)
    if item is None:
        messages.success(request, gettext("Nothing is waiting for you."))
        return redirect(_QUEUE_URL_NAME)
    return redirect("admin:review-decide", item.pk)


def reclaim_expired_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Claim an item again after the claim has expired."""
    if request.method != "POST":
        return redirect(_QUEUE_URL_NAME)
    item = get_object_or_404(ReviewItem.objects.visible_to(get_current_user(request)), pk=pk)
    try:
        queue.reclaim_item(item, get_current_user(request))
    except ClaimLostError as refusal:
        messages.error(request, f"{refusal} {gettext('Your draft is kept; claim the next item.')}")
        return redirect(_QUEUE_URL_NAME)
    return redirect("admin:review-decide", item.pk)


def resume_parked_item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reopen a parked item; the note names the document that arrived."""
    item = get_object_or_404(ReviewItem.objects.visible_to(get_current_user(request)), pk=pk)
    note = request.POST.get("note", "").strip()[:1_000]
    is_allowed = item.assigned_to_id == get_current_user(request).pk or request.user.has_perm(LEAD_PERMISSION)
    if request.method == "POST" and is_allowed and note:
        queue.resume_item(item, get_current_user(request), note)
        text = gettext("Open again, as the next item of the reviewer who asked for the document.")
        messages.success(request, text)
    else:
        messages.error(request, gettext("Name the document that arrived."))
    return redirect(_QUEUE_URL_NAME)


def change_absence(request: HttpRequest) -> HttpResponse:
    """Start an absence until the end of a day, or end the current one."""
    reviewer, form = get_current_user(request), AbsenceForm(request.POST)
    if "back" in request.POST:
        queue.end_absence(reviewer, reviewer)
        messages.success(request, gettext("Welcome back."))
    elif request.method == "POST" and form.is_valid():
        queue.start_absence(reviewer, form.get_end(), reviewer)
        text = gettext("You get no items until then; your claimed and assigned ones are released.")
        messages.success(request, text)
    elif request.method == "POST":
        messages.error(request, str(form.errors["until"][0]))
    return redirect(_QUEUE_URL_NAME)
