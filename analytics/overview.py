"""The dashboard of the admin: cards and a chart, as far as the permissions of the user allow."""

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

from accounts.dates import format_moment
from analytics import queries
from matching.models import ReviewStream, VerdictChoice
from modelops import svg_charts
from modelops.models import EVERY_PROFILE

_DAY = timedelta(days=1)
_VERDICT_ORDER = (VerdictChoice.IMMATERIAL.value, VerdictChoice.REVIEW.value, VerdictChoice.MATERIAL.value)


@dataclass(frozen=True)
class DashboardCard:
    """One number with its details and a link."""

    title: str
    value: str
    href: str
    details: Mapping[str, str] = field(default_factory=dict)


def add_dashboard_cards(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context with the cards that the user may see."""
    builders: dict[str, Callable[[], DashboardCard]] = {
        "matching.view_prediction": _build_prediction_card,
        "feedback.view_reviewitem": _build_queue_card,
        "feedback.view_feedback": _build_label_card,
        "modelops.view_deployment": _build_deployment_card,
        "modelops.view_alert": _build_alert_card,
    }
    return {
        **context,
        "title": "Overview",
        "cards": [build() for permission, build in builders.items() if request.user.has_perm(permission)],
        "chart": _draw_daily_chart() if request.user.has_perm("matching.view_prediction") else "",
    }


def _draw_daily_chart() -> str:
    """Return a chart of the predictions of each of the last fourteen days."""
    today = timezone.now().date()
    days = queries.list_daily_counts(today - timedelta(days=13), today)
    series = {value: [day.verdicts[value] for day in days] for value in _VERDICT_ORDER}
    labels = [f"{day.day.day}.{day.day.month}." for day in days]
    return mark_safe(svg_charts.render_stacked_chart("Predictions per day", labels, series))  # noqa: S308 - our own SVG


def _build_prediction_card() -> DashboardCard:
    counts = queries.count_predictions(timezone.now() - _DAY)
    lines = {label: f"{counts.share(value):.0%}" for value, label in VerdictChoice.choices}
    lines["From the cache"] = f"{counts.cached_share:.0%}"
    return DashboardCard(
        "Predictions in 24 hours", f"{counts.total:,}", reverse("admin:matching_prediction_changelist"), lines
    )


def _build_queue_card() -> DashboardCard:
    queue = queries.summarise_queue()
    lines = {str(ReviewStream(stream).label): f"{count:,}" for stream, count in queue.stream_counts.items()}
    if queue.oldest_at:
        lines["Oldest item"] = timesince(queue.oldest_at)
    href = reverse("admin:feedback_reviewitem_changelist")
    return DashboardCard("Review queue", f"{queue.total:,}", href, lines)


def _build_label_card() -> DashboardCard:
    run = queries.get_last_training()
    lines = (
        {"Last training": f"{format_moment(run.created_at)}, {run.get_status_display().lower()}"}
        if run
        else {}
    )
    href = reverse("admin:feedback_feedback_changelist")
    return DashboardCard("Labels waiting for training", f"{queries.count_waiting_labels():,}", href, lines)


def _build_deployment_card() -> DashboardCard:
    rows = queries.list_live_deployments()
    lines = {_format_role(row.role, row.profile): str(row.model) for row in rows}
    if requests := queries.count_open_requests():
        lines["Waiting for approval"] = str(requests)
    generation = max((row.generation for row in rows), default=0)
    return DashboardCard(
        "Live now", f"Generation {generation}", reverse("admin:modelops_liveslot_changelist"), lines
    )


def _build_alert_card() -> DashboardCard:
    firing, drifted = queries.list_firing_alerts(), queries.count_drifted(timezone.now() - _DAY)
    lines = {str(alert): f"since {alert.since:%d %b %H:%M}" for alert in firing[:3]}
    lines["Drifted since yesterday"] = str(drifted)
    return DashboardCard("Alerts firing", str(len(firing)), reverse("admin:modelops_alert_changelist"), lines)


def _format_role(role: str, profile: str) -> str:
    return role.capitalize() if profile == EVERY_PROFILE else f"{role.capitalize()}, {profile}"
