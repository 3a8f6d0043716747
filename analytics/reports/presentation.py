"""The three reports as content of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from accounts.language.sentences import Text
from accounts.numbers import fill, format_number
from analytics.reports.activity import ActivityReport
from analytics.reports.content import (
    NOTHING,
    Card,
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
    show_figure,
)
from analytics.reports.daily import MAX_CLIENTS, DailyMetrics, describe_source
from analytics.reports.trends import FIGURES, PerformanceTrends, VersionDay
from analytics.reports.volumes import Volume

_VOLUME_COLUMNS = (
    Column(gettext_lazy("Predictions"), Style.COUNT),
    Column(gettext_lazy("Immaterial"), Style.COUNT),
    Column(gettext_lazy("Review"), Style.COUNT),
    Column(gettext_lazy("Material"), Style.COUNT),
    Column(gettext_lazy("Average confidence"), Style.SHARE),
)
_VERDICTS = {
    "immaterial": gettext_lazy("Immaterial"),
    "review": gettext_lazy("Review"),
    "material": gettext_lazy("Material"),
}
_NO_PREDICTIONS = gettext_lazy("Predictions will appear here within five minutes of the first comparison.")
_MAX_VERSIONS = 5
"""Most versions in a chart; the tables have all."""


def build_volume_cards(now: Volume, before: Volume) -> list[Card]:
    """Return the cards of a volume beside that of the period before."""
    shares = (
        (gettext("Average confidence"), now.average_confidence, before.average_confidence),
        (gettext("Review share"), now.review_share, before.review_share),
        (gettext("Material share"), now.material_share, before.material_share),
    )
    return [
        Card(gettext("Predictions"), format_number(now.total), format_change(now.total, before.total)),
        *(
            Card(title, format_cell(value, Style.SHARE), format_change(value, earlier, Style.SHARE))
            for title, value, earlier in shares
        ),
    ]


def build_volume_chart(id_: str, days: Mapping[Any, Volume]) -> Chart:
    """Return the chart of the verdicts of every day."""
    series = [
        Series(_VERDICTS[name], [getattr(row, name) for row in days.values()])
        for name in ("immaterial", "review", "material")
    ]
    labels = [format_label(day) for day in days]
    return Chart(
        id_, gettext("Predictions per day by verdict"), labels, series, is_stacked=True, empty=_NO_PREDICTIONS
    )


def present_daily(report: DailyMetrics) -> Page:
    """Return the report of daily metrics as a page."""
    confidence = Series(
        gettext("Average confidence"), [row.average_confidence for row in report.days.values()]
    )
    chart = Chart(
        "confidence",
        gettext("Average confidence per day"),
        [format_label(day) for day in report.days],
        [confidence],
        Style.SHARE,
        empty=_NO_PREDICTIONS,
    )
    sources = {describe_source(name): row for name, row in report.sources.items()}
    largest = gettext("The {number} with the most predictions.").format(number=MAX_CLIENTS)
    tables = [
        _tabulate(gettext("By profile"), gettext("Profile"), report.profiles),
        _tabulate(gettext("By source"), gettext("Source"), sources),
        _tabulate(
            gettext("By client"),
            gettext("Client"),
            {str(user): row for user, row in report.clients.items()},
            largest,
        ),
    ]
    return Page(
        gettext("Daily metrics"),
        gettext("{period}, compared with {previous}.").format(
            period=report.period, previous=report.period.previous
        ),
        [
            Section(gettext("Total"), build_volume_cards(report.total, report.before)),
            Section(gettext("By day"), charts=[build_volume_chart("volume", report.days), chart]),
            Section(gettext("By profile, source and client"), tables=tables),
            Section(
                gettext("Every day"), tables=[_tabulate(gettext("Days"), gettext("Day (UTC)"), report.days)]
            ),
        ],
    )


def _tabulate(title: str, head: str, volumes: Mapping[Any, Volume], note: str = "") -> Table:
    rows = [
        [name, row.total, row.immaterial, row.review, row.material, row.average_confidence]
        for name, row in volumes.items()
        if row.total
    ]
    return Table(title, [Column(head), *_VOLUME_COLUMNS], rows, note, _NO_PREDICTIONS)


def present_activity(report: ActivityReport) -> Page:
    """Return the report of user activity as a page."""
    columns = [
        Column(gettext("User")),
        Column(gettext("Role")),
        Column(gettext("Predictions"), Style.COUNT),
        Column(gettext("Average confidence"), Style.SHARE),
        Column(gettext("Decisions"), Style.COUNT),
        Column(gettext("Overrides"), Style.COUNT),
        Column(gettext("Last activity")),
    ]
    rows = [
        [
            str(row.user),
            row.user.role.replace("_", " "),
            row.volume.total,
            row.volume.average_confidence,
            row.reviews.decisions,
            row.reviews.overrides,
            row.last_at,
        ]
        for row in report.users
    ]
    note = gettext(
        "Decisions and overrides are those that the user made as a reviewer; a filter of sources does not "
        "apply to them. E-mail addresses are shown to those who may see users."
    )
    table = Table(
        gettext("Users"), columns, rows, note, gettext("Users will appear here when they compare or decide.")
    )
    return Page(gettext("User activity"), f"{report.period}.", [Section(gettext("Users"), tables=[table])])


def present_trends(report: PerformanceTrends) -> Page:
    """Return the report of model performance as a page."""
    figures = [chart_figure(report, figure) for figure in FIGURES]
    others = [
        _chart_versions(report, "share", gettext("Review share per day"), Style.SHARE, _read_review_share),
        _chart_versions(
            report, "drift", gettext("Drift per day (largest PSI)"), Style.NUMBER, _read_drift, _NO_DRIFT
        ),
        _chart_versions(report, "answers", gettext("Predictions per day"), Style.COUNT, _read_total),
    ]
    note = gettext(
        "Measured on predictions that were drawn at random for review; the interval holds at every look at "
        "once (95 %). Filters of kind, source and client do not apply to it."
    )
    tables = [_tabulate_versions(report), _tabulate_days(report)]
    return Page(
        gettext("Model performance trends"),
        f"{report.period}.",
        [
            Section(gettext("Versions"), tables=tables[:1]),
            Section(gettext("Accuracy, precision, recall"), charts=figures, note=note),
            Section(gettext("Review share, drift and volume"), charts=others),
            Section(gettext("Every day"), tables=tables[1:]),
        ],
    )


_NO_DRIFT = gettext_lazy("Drift will appear here after the first day with enough predictions to compare.")
_NO_LABELS = gettext_lazy("Will appear when predictions of the random audit are reviewed.")


def chart_figure(report: PerformanceTrends, figure: str) -> Chart:
    """Return the chart of a figure by version with its interval."""
    series = []
    for trend in report.versions[:_MAX_VERSIONS]:
        by_day = {row.day: row.figures.get(figure) for row in trend.days}
        measured = [by_day.get(day) for day in report.period.days]
        parts = [
            [getattr(row, part) if row else None for row in measured] for part in ("value", "low", "high")
        ]
        if any(value is not None for value in parts[0]):
            series.append(Series(trend.version, *parts))
    labels = [format_label(day) for day in report.period.days]
    return Chart(figure, show_figure(figure), labels, series, Style.SHARE, empty=_NO_LABELS)


def _chart_versions(
    report: PerformanceTrends,
    id_: str,
    title: str,
    style: Style,
    read: Any,
    empty: Text = _NO_PREDICTIONS,
) -> Chart:
    series = []
    for trend in report.versions[:_MAX_VERSIONS]:
        by_day = {row.day: read(row) for row in trend.days}
        series.append(Series(trend.version, [by_day.get(day) for day in report.period.days]))
    labels = [format_label(day) for day in report.period.days]
    return Chart(id_, title, labels, series, style, empty=empty)


def _read_review_share(row: VersionDay) -> float | None:
    return row.volume.review_share


def _read_drift(row: VersionDay) -> float | None:
    return row.drift


def _read_total(row: VersionDay) -> int:
    return row.volume.total


def _tabulate_versions(report: PerformanceTrends) -> Table:
    columns = [
        Column(gettext("Version")),
        Column(gettext("Predictions"), Style.COUNT),
        Column(gettext("Newest accuracy"), Style.SHARE),
        Column(gettext("Interval")),
        Column(gettext("Labels"), Style.COUNT),
    ]
    rows = [
        [row.version, row.total, row.newest.value, _format_interval(row.newest), row.newest.n]
        for row in report.versions
    ]
    return Table(gettext("Versions"), columns, rows, empty=_NO_PREDICTIONS)


def _format_interval(figure: Any) -> str:
    if figure.low is None or figure.high is None:
        return NOTHING
    return fill(gettext("{low:.1%} to {high:.1%}"), low=figure.low, high=figure.high)


def _tabulate_days(report: PerformanceTrends) -> Table:
    columns = [
        Column(gettext("Version")),
        Column(gettext("Day (UTC)")),
        Column(gettext("Predictions"), Style.COUNT),
        Column(gettext("Review share"), Style.SHARE),
        *(Column(show_figure(figure), Style.SHARE) for figure in FIGURES),
        Column(gettext("Drift"), Style.NUMBER),
    ]
    rows = [
        [
            trend.version,
            row.day,
            row.volume.total,
            row.volume.review_share,
            *(row.figures[figure].value if figure in row.figures else None for figure in FIGURES),
            row.drift,
        ]
        for trend in report.versions
        for row in trend.days
    ]
    return Table(gettext("Days"), columns, rows, empty=_NO_PREDICTIONS)
