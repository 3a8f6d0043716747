"""The figures of the overview: cards and a chart, each with the permission to see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.language.sentences import lower
from accounts.models import User
from accounts.numbers import fill, format_number
from analytics import queries
from analytics.overview.entries import link_list
from analytics.reports import volumes
from analytics.reports.content import Chart, Style, format_cell, format_change
from analytics.reports.period import EVERYTHING, PRESETS
from analytics.reports.presentation import build_volume_chart
from feedback.review.waiting import WaitingRow, link_waiting, tabulate_waiting
from modelops.models import ServingRole, describe_profile

_DAY = timedelta(days=1)
_REPORTS_PERMISSION = "analytics.view_reports"


@dataclass(frozen=True)
class DashboardCard:
    """One number with its details and a link; some details have a link of their own."""

    title: str
    value: str
    href: str
    details: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def list_lines(self) -> list[tuple[str, str, str]]:
        """Return name, value and link of each detail; the link is empty where there is none."""
        return [(name, value, self.links.get(name, "")) for name, value in self.details.items()]


def build_cards(user: User, now: datetime) -> list[DashboardCard]:
    """Return the cards that the user may see."""
    builders: dict[str, Callable[[User, datetime], DashboardCard]] = {
        _REPORTS_PERMISSION: _build_volume_card,
        "feedback.view_reviewitem": _build_queue_card,
        "feedback.view_feedback": _build_label_card,
        "modelops.view_deployment": _build_deployment_card,
        "modelops.view_alert": _build_alert_card,
    }
    return [build(user, now) for permission, build in builders.items() if user.has_perm(permission)]


def build_chart(user: User, now: datetime) -> Chart | None:
    """Return the chart of the predictions of the last 28 days; ``None`` for who may not see reports."""
    if not user.has_perm(_REPORTS_PERMISSION):
        return None
    period = PRESETS["28"][1](now.date())
    return build_volume_chart("volume", volumes.sum_volumes_by_day(period, EVERYTHING))


def _build_volume_card(_user: User, now: datetime) -> DashboardCard:
    period = PRESETS["7"][1](now.date())
    volume, before = (volumes.sum_volume(when, EVERYTHING) for when in (period, period.previous))
    reviews = volumes.sum_reviews(period, EVERYTHING)
    lines = {
        gettext("Compared with the seven days before"): format_change(volume.total, before.total),
        gettext("Decided without a person"): format_cell(volume.automatic_share, Style.SHARE),
        gettext("Overrides by reviewers"): fill(
            gettext("{overrides:,} of {decisions:,}"),
            overrides=reviews.overrides,
            decisions=reviews.decisions,
        ),
        gettext("Dangerous errors caught"): format_number(reviews.caught),
    }
    return DashboardCard(
        gettext("Predictions in seven days"),
        format_number(volume.total),
        reverse("analytics-executive"),
        lines,
    )


def _build_queue_card(user: User, now: datetime) -> DashboardCard:
    tables = tabulate_waiting(user, now)
    rows = [(row, lower(table.late_heading)) for table in reversed(tables) for row in table.rows]
    lines = {row.label: _describe_waiting(row, late) for row, late in rows}
    links = {row.label: row.href for row, _ in rows}
    total = sum(row.waiting for row in tables[0].rows)
    return DashboardCard(gettext("Review queue"), format_number(total), link_waiting(user), lines, links)


def _describe_waiting(row: WaitingRow, late: str) -> str:
    """Return how many items wait, how many of them are late, and how old the oldest is."""
    late_text = f", {format_number(row.late)} {late}" if row.late else ""
    oldest = gettext("oldest {age}").format(age=row.oldest)
    return f"{format_number(row.waiting)}{late_text}, {oldest}"


def _build_label_card(_user: User, _now: datetime) -> DashboardCard:
    run = queries.get_last_training()
    lines = (
        {gettext("Last training"): f"{format_moment(run.created_at)}, {lower(run.get_status_display())}"}
        if run
        else {}
    )
    href = link_list("feedback_feedback")
    return DashboardCard(
        gettext("Labels waiting for training"), format_number(queries.count_waiting_labels()), href, lines
    )


def _build_deployment_card(_user: User, _now: datetime) -> DashboardCard:
    rows = queries.list_live_deployments()
    lines = {
        f"{ServingRole(row.role).label}, {describe_profile(row.profile)}": str(row.model) for row in rows
    }
    generation = max((row.generation for row in rows), default=0)
    return DashboardCard(
        gettext("Live now"),
        gettext("Generation {generation}").format(generation=generation),
        link_list("modelops_deployment"),
        lines,
    )


def _build_alert_card(_user: User, now: datetime) -> DashboardCard:
    firing, drifted = queries.list_firing_alerts(), queries.count_drifted(now - _DAY)
    lines = {
        str(alert): gettext("since {moment}").format(moment=format_moment(alert.since))
        for alert in firing[:3]
    }
    lines[gettext("Drifted since yesterday")] = str(drifted)
    return DashboardCard(gettext("Alerts firing"), str(len(firing)), link_list("modelops_alert"), lines)
