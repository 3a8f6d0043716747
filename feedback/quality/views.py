"""A reviewer's own page and the lead's page: how well review goes."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.permissions import LEAD_PERMISSION
from feedback.quality import impact, report


def show_own_quality(request: HttpRequest) -> HttpResponse:
    """Show a reviewer's pace, agreement, known answers found, and what the answers changed."""
    person, now = get_current_user(request), timezone.now()
    desk = report.BlindDecisionSample(report.get_window_start(now))
    words = [word for word in desk.decisions if word.reviewer_id == person.pk]
    context = {
        "decisions": len(words),
        "seconds": report.compute_median_seconds(words),
        "days": report.count_decisions_per_day(words, now),
        "agreements": [found for found in [report.measure_reviewer(desk, person)] if found],
        "gold": desk.measure_gold_accuracy().get(person.pk, report.Proportion(0, 0)),
        "influence": impact.measure_impact(person),
        "window": report.WINDOW.days,
    }
    return render_page(request, "own_quality", "My review quality", context)


def show_team_quality(request: HttpRequest) -> HttpResponse:
    """Show a lead what waits, how much is done, and how far people agree."""
    if not request.user.has_perm(LEAD_PERMISSION):
        raise PermissionDenied
    now = timezone.now()
    desk = report.BlindDecisionSample(report.get_window_start(now))
    context = {
        "waiting": report.summarise_queue(now),
        "days": report.count_closed_per_day(now),
        "agreements": [found for found in [report.measure_all_reviewers(desk)] if found],
        "drop": report.detect_agreement_drop(desk, now),
        "guidelines": report.measure_by_guideline(desk),
        "categories": report.measure_by_category(desk),
        "overrides": report.count_overrides_by_category(desk),
        "people": report.summarise_reviewers(desk),
        "window": report.WINDOW.days,
    }
    return render_page(request, "team_quality", "Review quality", context)
