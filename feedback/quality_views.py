"""A reviewer's own page and the lead's page: how well review goes."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from feedback import influence, quality
from feedback.frame import render_page


def show_own_quality(request: HttpRequest) -> HttpResponse:
    """Show a reviewer's pace, agreement, known answers found, and what the answers changed."""
    person, now = cast(User, request.user), timezone.now()
    desk = quality.BlindDecisionSample(quality.get_window_start(now))
    words = [word for word in desk.decisions if word.reviewer_id == person.pk]
    context = {
        "decisions": len(words),
        "seconds": quality.compute_median_seconds(words),
        "days": quality.count_decisions_per_day(words, now),
        "agreements": [found for found in [quality.measure_reviewer(desk, person)] if found],
        "gold": desk.measure_gold_accuracy().get(person.pk, quality.Proportion(0, 0)),
        "influence": influence.measure_impact(person),
        "window": quality.WINDOW.days,
    }
    return render_page(request, "mine", "How my reviews do", context)


def show_team_quality(request: HttpRequest) -> HttpResponse:
    """Show a lead what waits, how much is done, and how far people agree."""
    if not request.user.has_perm("feedback.lead_review"):
        raise PermissionDenied
    now = timezone.now()
    desk = quality.BlindDecisionSample(quality.get_window_start(now))
    context = {
        "waiting": quality.summarise_queue(now),
        "days": quality.count_closed_per_day(now),
        "agreements": [found for found in [quality.measure_all_reviewers(desk)] if found],
        "drop": quality.detect_agreement_drop(desk, now),
        "guidelines": quality.measure_by_guideline(desk),
        "categories": quality.measure_by_category(desk),
        "overrides": quality.count_overrides_by_category(desk),
        "people": quality.summarise_reviewers(desk),
        "window": quality.WINDOW.days,
    }
    return render_page(request, "quality", "Quality of review", context)
