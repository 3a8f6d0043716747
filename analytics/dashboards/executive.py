"""The executive dashboard: what the product did, how well, what waits, and what may go wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.translation import gettext

from accounts.numbers import fill, format_number
from analytics.dashboards.assumptions import get_assumption
from analytics.dashboards.reviews import (
    Backlog,
    Turnaround,
    count_flow,
    measure_backlog,
    measure_turnaround,
)
from analytics.reports import volumes
from analytics.reports.content import (
    Card,
    Cell,
    Chart,
    Column,
    Page,
    Section,
    Series,
    Style,
    Table,
    format_cell,
    format_change,
    format_label,
    format_seconds,
)
from analytics.reports.daily import DailyMetrics, get_daily_metrics
from analytics.reports.period import ReportFilter, ReportPeriod
from analytics.reports.presentation import build_volume_chart, chart_figure
from analytics.reports.trends import get_model_performance_trends
from analytics.reports.volumes import ReviewVolume
from modelops.models import Alert, PromotionRequest

_TOP_CLIENTS = 10
_PATIENCE = timedelta(days=2)
"""A promotion request that waits longer is a risk."""


def build_executive_page(
    period: ReportPeriod, restriction: ReportFilter, show_names: bool, now: datetime
) -> Page:
    """Return the executive dashboard of a period, beside the period before."""
    metrics = get_daily_metrics(period, restriction, show_names)
    reviews = volumes.sum_reviews_by_day(period, restriction)
    before = volumes.sum_reviews(period.previous, restriction)
    backlog = measure_backlog(now)
    return Page(
        gettext("Executive dashboard"),
        gettext("{period}, compared with {previous}.").format(period=period, previous=period.previous),
        [
            Section(gettext("Summary"), _build_cards(metrics, _add_up(reviews), before), key="summary"),
            Section(gettext("Trend"), charts=_build_trend_charts(metrics)),
            _build_review_section(period, backlog),
            _build_accuracy_section(period, restriction, reviews),
            Section(gettext("Clients"), tables=[_tabulate_clients(metrics)]),
            Section(gettext("Open risks"), tables=[_tabulate_risks(backlog, now)], key="risks"),
        ],
    )


def _add_up(days: dict[date, ReviewVolume]) -> ReviewVolume:
    return ReviewVolume(
        sum(row.decisions for row in days.values()),
        sum(row.overrides for row in days.values()),
        sum(row.caught for row in days.values()),
    )


def _build_cards(metrics: DailyMetrics, reviews: ReviewVolume, before: ReviewVolume) -> list[Card]:
    now, earlier, assumption = metrics.total, metrics.before, get_assumption()
    hours, hours_before = (assumption.compute_hours(volume.automatic) for volume in (now, earlier))
    share, share_before = now.automatic_share, earlier.automatic_share
    return [
        Card(gettext("Comparisons"), format_number(now.total), format_change(now.total, earlier.total)),
        Card(
            gettext("Decided without a person"),
            format_cell(share, Style.SHARE),
            format_change(share, share_before, Style.SHARE),
        ),
        Card(
            gettext("Hours saved"),
            format_number(hours, ",.0f"),
            format_change(round(hours), round(hours_before)),
            assumption.note,
        ),
        Card(
            gettext("Dangerous errors caught"),
            format_number(reviews.caught),
            format_change(reviews.caught, before.caught),
            gettext("A reviewer found material what the product had called immaterial."),
        ),
        Card(
            gettext("Overrides by reviewers"),
            format_cell(reviews.override_share, Style.SHARE),
            format_change(reviews.override_share, before.override_share, Style.SHARE),
            fill(
                gettext("{overrides:,} of {decisions:,} decisions were against the model."),
                overrides=reviews.overrides,
                decisions=reviews.decisions,
            ),
        ),
    ]


def _build_trend_charts(metrics: DailyMetrics) -> list[Chart]:
    decided = Series(
        gettext("Decided without a person"), [row.automatic_share for row in metrics.days.values()]
    )
    share = Chart(
        "decided",
        gettext("Share decided without a person"),
        [format_label(day) for day in metrics.days],
        [decided],
        Style.SHARE,
        empty=gettext("The share will appear here within five minutes of the first comparison."),
    )
    return [build_volume_chart("volume", metrics.days), share]


def build_turnaround_cards(now: Turnaround, before: Turnaround) -> list[Card]:
    """Return the cards of turnaround beside the period before."""
    return [
        Card(
            title, format_seconds(value), gettext("before: {seconds}").format(seconds=format_seconds(earlier))
        )
        for title, value, earlier in (
            (gettext("Median turnaround"), now.median_seconds, before.median_seconds),
            (gettext("90 % are closed within"), now.p90_seconds, before.p90_seconds),
        )
    ] + [
        Card(
            gettext("Closed in time"),
            format_cell(now.in_time_share, Style.SHARE),
            format_change(now.in_time_share, before.in_time_share, Style.SHARE),
            fill(
                gettext("{in_time:,} of {closed:,} items before their due time."),
                in_time=now.in_time,
                closed=now.closed,
            ),
        )
    ]


def build_flow_chart(period: ReportPeriod) -> Chart:
    """Return the chart of items that came and were closed each day."""
    came, closed = count_flow(period)
    series = [Series(gettext("New"), list(came.values())), Series(gettext("Closed"), list(closed.values()))]
    labels = [format_label(day) for day in period.days]
    return Chart(
        "flow",
        gettext("Review items per day"),
        labels,
        series,
        empty=gettext("Review items will appear here."),
    )


def _build_review_section(period: ReportPeriod, backlog: Backlog) -> Section:
    turnaround, before = measure_turnaround(period), measure_turnaround(period.previous)
    card = Card(
        gettext("Waiting now"),
        format_number(backlog.open),
        fill(gettext("{overdue:,} overdue"), overdue=backlog.overdue),
        backlog.forecast,
    )
    cards = [*build_turnaround_cards(turnaround, before), card]
    note = gettext("From the creation of a review item to its decision; all profiles, without gold items.")
    return Section(gettext("Review"), cards, [build_flow_chart(period)], note=note, key="review")


def _build_accuracy_section(
    period: ReportPeriod, restriction: ReportFilter, reviews: dict[date, ReviewVolume]
) -> Section:
    trends = get_model_performance_trends(period, ReportFilter(profile=restriction.profile))
    caught = Chart(
        "caught",
        gettext("Dangerous errors caught per day"),
        [format_label(day) for day in reviews],
        [Series(gettext("Material after immaterial"), [row.caught for row in reviews.values()])],
        empty=gettext("Will appear when a reviewer finds material what the product called immaterial."),
    )
    note = gettext(
        "Accuracy is measured on random-audit labels; the interval holds at every look at once (95 %)."
    )
    return Section(gettext("Accuracy"), charts=[chart_figure(trends, "accuracy"), caught], note=note)


def _tabulate_clients(metrics: DailyMetrics) -> Table:
    columns = [
        Column(gettext("Client")),
        Column(gettext("Comparisons"), Style.COUNT),
        Column(gettext("Share of all"), Style.SHARE),
        Column(gettext("Decided without a person"), Style.SHARE),
    ]
    rows: list[list[Cell]] = [
        [str(user), row.total, row.total / max(1, metrics.total.total), row.automatic_share]
        for user, row in list(metrics.clients.items())[:_TOP_CLIENTS]
    ]
    note = gettext("The {number} with the most comparisons.").format(number=_TOP_CLIENTS)
    return Table(
        gettext("Top clients"), columns, rows, note, gettext("Clients will appear here when they compare.")
    )


def _tabulate_risks(backlog: Backlog, now: datetime) -> Table:
    rows: list[list[Cell]] = [
        [f"{alert.get_severity_display()}: {alert}", alert.since, "Monitoring > Alerts"]
        for alert in Alert.objects.firing()[:20]
    ]
    if backlog.overdue:
        rows.append(
            [
                fill(gettext("{overdue:,} review items are overdue"), overdue=backlog.overdue),
                backlog.oldest_at,
                gettext("Review > Review items"),
            ]
        )
    late = PromotionRequest.objects.filter(closed_at=None, requested_at__lt=now - _PATIENCE)
    rows += [
        [
            gettext("{request} waits for approval").format(request=request),
            request.requested_at,
            gettext("Models > Promotion requests"),
        ]
        for request in late.select_related("model")[:10]
    ]
    columns = [Column(gettext("Risk")), Column(gettext("Since")), Column(gettext("Where to look"))]
    return Table(
        gettext("Open risks"), columns, rows, empty=gettext("No alert is firing, and nothing is overdue.")
    )
