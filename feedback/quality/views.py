"""The quality pages: a reviewer's own and the lead's."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.permissions import LEAD_PERMISSION
from feedback.quality import impact, report


def show_own_quality(request: HttpRequest) -> HttpResponse:
    """Show a reviewer's pace, agreement, gold accuracy and the impact of the decisions."""
    reviewer, now = get_current_user(request), timezone.now()
    sample = report.BlindDecisionSample(report.get_window_start(now))
    decisions = [row for row in sample.decisions if row.reviewer_id == reviewer.pk]
    context = {
        "decisions": len(decisions),
        "seconds": report.compute_median_seconds(decisions),
        "days": report.count_decisions_per_day(decisions, now),
        "agreements": [agreement for agreement in [report.measure_reviewer(sample, reviewer)] if agreement],
        "gold": sample.measure_gold_accuracy().get(reviewer.pk, report.Proportion(0, 0)),
        "impact": impact.measure_impact(reviewer),
        "window": report.WINDOW.days,
    }
    return render_page(request, "own_quality", gettext("My review quality"), context)


def show_team_quality(request: HttpRequest) -> HttpResponse:
    """Show a lead open items, throughput and agreement."""
    if not request.user.has_perm(LEAD_PERMISSION):
        raise PermissionDenied
    now = timezone.now()
    sample = report.BlindDecisionSample(report.get_window_start(now))
    context = {
        "waiting": report.summarise_queue(now),
        "days": report.count_closed_per_day(now),
        "agreements": [agreement for agreement in [report.measure_all_reviewers(sample)] if agreement],
        "drop": report.detect_agreement_drop(sample, now),
        "guidelines": report.measure_by_guideline(sample),
        "categories": report.measure_by_category(sample),
        "overrides": report.count_overrides_by_category(sample),
        "people": report.summarise_reviewers(sample),
        "window": report.WINDOW.days,
    }
    return render_page(request, "team_quality", gettext("Review quality"), context)
