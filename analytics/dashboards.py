"""The first page of the admin: what happened, what waits, what is live, as far as one may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince

from analytics import queries
from matching.models import ReviewStream, VerdictChoice
from modelops import plots
from modelops.models import EVERY_PROFILE

_DAY = timedelta(days=1)
_STACKED = (VerdictChoice.IMMATERIAL.value, VerdictChoice.REVIEW.value, VerdictChoice.MATERIAL.value)


@dataclass(frozen=True)
class Card:
    """One figure with what it is made of, and where to look closer."""

    title: str
    figure: str
    href: str
    lines: Mapping[str, str] = field(default_factory=dict)


def summary(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards that this person may see to the page."""
    makers: dict[str, Callable[[], Card]] = {
        "matching.view_prediction": _answers,
        "feedback.view_reviewitem": _queue,
        "feedback.view_feedback": _labels,
        "modelops.view_deployment": _live,
        "modelops.view_alert": _alerts,
    }
    return {
        **context,
        "title": "Overview",
        "cards": [make() for needs, make in makers.items() if request.user.has_perm(needs)],
        "chart": _fortnight() if request.user.has_perm("matching.view_prediction") else "",
    }


def _fortnight() -> str:
    """Answers of each of the last fourteen days, drawn."""
    today = timezone.now().date()
    days = queries.daily(today - timedelta(days=13), today)
    series = {value: [day.verdicts[value] for day in days] for value in _STACKED}
    labels = [f"{day.day.day}.{day.day.month}." for day in days]
    return mark_safe(plots.render_stacked_chart("Answers a day", labels, series))  # noqa: S308 - our own SVG


def _answers() -> Card:
    seen = queries.traffic(timezone.now() - _DAY)
    lines = {label: f"{seen.share(value):.0%}" for value, label in VerdictChoice.choices}
    lines["From the cache"] = f"{seen.cached_share:.0%}"
    return Card(
        "Answers in 24 hours", f"{seen.total:,}", reverse("admin:matching_prediction_changelist"), lines
    )


def _queue() -> Card:
    waiting = queries.queue()
    lines = {str(ReviewStream(stream).label): f"{count:,}" for stream, count in waiting.streams.items()}
    if waiting.oldest:
        lines["The oldest waits"] = timesince(waiting.oldest)
    href = reverse("admin:feedback_reviewitem_changelist")
    return Card("Waiting for a reviewer", f"{waiting.total:,}", href, lines)


def _labels() -> Card:
    run = queries.last_training()
    lines = (
        {"Last training": f"{run.created_at:%Y-%m-%d %H:%M}, {run.get_status_display().lower()}"}
        if run
        else {}
    )
    href = reverse("admin:feedback_feedback_changelist")
    return Card("Labels not learnt from yet", f"{queries.labels_waiting():,}", href, lines)


def _live() -> Card:
    rows = queries.live()
    lines = {_part(row.role, row.profile): str(row.model) for row in rows}
    if waiting := queries.requests_open():
        lines["Waiting for approval"] = str(waiting)
    generation = max((row.generation for row in rows), default=0)
    return Card("Live generation", str(generation), reverse("admin:modelops_liveslot_changelist"), lines)


def _alerts() -> Card:
    firing, moved = queries.alerts_firing(), queries.drifted(timezone.now() - _DAY)
    lines = {str(alert): f"since {alert.since:%d %b %H:%M}" for alert in firing[:3]}
    lines["Drifted since yesterday"] = str(moved)
    return Card("Alerts firing", str(len(firing)), reverse("admin:modelops_alert_changelist"), lines)


def _part(role: str, profile: str) -> str:
    return role.capitalize() if profile == EVERY_PROFILE else f"{role.capitalize()}, {profile}"
