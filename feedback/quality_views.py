"""A reviewer's own page and the lead's page: how well review goes."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from feedback import influence, quality
from feedback.frame import page


def mine(request: HttpRequest) -> HttpResponse:
    """Show a reviewer's pace, agreement, known answers found, and what the answers changed."""
    person, now = cast(User, request.user), timezone.now()
    desk = quality.Desk(quality.since(now))
    words = [word for word in desk.words if word.reviewer == person.pk]
    context = {
        "decisions": len(words),
        "seconds": quality.pace(words),
        "days": quality.per_day(words, now),
        "agreements": [found for found in [quality.of_person(desk, person)] if found],
        "gold": desk.gold().get(person.pk, quality.Share(0, 0)),
        "influence": influence.of(person),
        "window": quality.WINDOW.days,
    }
    return page(request, "mine", "How my reviews do", context)


def everybody(request: HttpRequest) -> HttpResponse:
    """Show a lead what waits, how much is done, and how far people agree."""
    if not request.user.has_perm("feedback.lead_review"):
        raise PermissionDenied
    now = timezone.now()
    desk = quality.Desk(quality.since(now))
    context = {
        "waiting": quality.waiting(now),
        "days": quality.throughput(now),
        "agreements": [found for found in [quality.of_everybody(desk)] if found],
        "drop": quality.drop(desk, now),
        "guidelines": quality.by_guideline(desk),
        "categories": quality.by_category(desk),
        "overrides": quality.overrides_by_rule(desk),
        "people": quality.people(desk),
        "window": quality.WINDOW.days,
    }
    return page(request, "quality", "Quality of review", context)
