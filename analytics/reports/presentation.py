"""The three reports as content of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
)
from analytics.reports.daily import MAX_CLIENTS, DailyMetrics, describe_source
from analytics.reports.trends import FIGURES, PerformanceTrends, VersionDay
from analytics.reports.volumes import Volume

_VOLUME_COLUMNS = (
    Column("Predictions", Style.COUNT),
    Column("Immaterial", Style.COUNT),
    Column("Review", Style.COUNT),
    Column("Material", Style.COUNT),
    Column("Average confidence", Style.SHARE),
)
_NO_PREDICTIONS = "Predictions will appear here within five minutes of the first comparison."
_MAX_VERSIONS = 5
"""Most versions in a chart; the tables have all."""


def build_volume_cards(now: Volume, before: Volume) -> list[Card]:
    """Return the cards of a volume beside that of the period before."""
    shares = (
        ("Average confidence", now.average_confidence, before.average_confidence),
        ("Review share", now.review_share, before.review_share),
        ("Material share", now.material_share, before.material_share),
    )
    return [
        Card("Predictions", f"{now.total:,}", format_change(now.total, before.total)),
        *(
            Card(title, format_cell(value, Style.SHARE), format_change(value, earlier, Style.SHARE))
            for title, value, earlier in shares
        ),
    ]


def build_volume_chart(id_: str, days: Mapping[Any, Volume]) -> Chart:
    """Return the chart of the verdicts of every day."""
    series = [
        Series(name.capitalize(), [getattr(row, name) for row in days.values()])
        for name in ("immaterial", "review", "material")
    ]
    labels = [format_label(day) for day in days]
    return Chart(
        id_, "Predictions per day by verdict", labels, series, is_stacked=True, empty=_NO_PREDICTIONS
    )


def present_daily(report: DailyMetrics) -> Page:
    """Return the report of daily metrics as a page."""
    confidence = Series("Average confidence", [row.average_confidence for row in report.days.values()])
    chart = Chart(
        "confidence",
        "Average confidence per day",
        [format_label(day) for day in report.days],
        [confidence],
        Style.SHARE,
        empty=_NO_PREDICTIONS,
    )
    sources = {describe_source(name): row for name, row in report.sources.items()}
    largest = f"The {MAX_CLIENTS} with the most predictions."
    tables = [
        _tabulate("By profile", "Profile", report.profiles),
        _tabulate("By source", "Source", sources),
        _tabulate("By client", "Client", {str(user): row for user, row in report.clients.items()}, largest),
    ]
    return Page(
        "Daily metrics",
        f"{report.period}, compared with {report.period.previous}.",
        [
            Section("Total", build_volume_cards(report.total, report.before)),
            Section("By day", charts=[build_volume_chart("volume", report.days), chart]),
            Section("By profile, source and client", tables=tables),
            Section("Every day", tables=[_tabulate("Days", "Day (UTC)", report.days)]),
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
        Column("User"),
        Column("Role"),
        Column("Predictions", Style.COUNT),
        Column("Average confidence", Style.SHARE),
        Column("Decisions", Style.COUNT),
        Column("Overrides", Style.COUNT),
        Column("Last activity"),
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
    note = (
        "Decisions and overrides are those that the user made as a reviewer; a filter of sources does not "
        "apply to them. E-mail addresses are shown to those who may see users."
    )
    table = Table("Users", columns, rows, note, "Users will appear here when they compare or decide.")
    return Page("User activity", f"{report.period}.", [Section("Users", tables=[table])])


def present_trends(report: PerformanceTrends) -> Page:
    """Return the report of model performance as a page."""
    figures = [chart_figure(report, figure) for figure in FIGURES]
    others = [
        _chart_versions(report, "share", "Review share per day", Style.SHARE, _read_review_share),
        _chart_versions(report, "drift", "Drift per day (largest PSI)", Style.NUMBER, _read_drift, _NO_DRIFT),
        _chart_versions(report, "answers", "Predictions per day", Style.COUNT, _read_total),
    ]
    note = (
        "Measured on predictions that were drawn at random for review; the interval holds at every look at "
        "once (95 %). Filters of kind, source and client do not apply to it."
    )
    tables = [_tabulate_versions(report), _tabulate_days(report)]
    return Page(
        "Model performance trends",
        f"{report.period}.",
        [
            Section("Versions", tables=tables[:1]),
            Section("Accuracy, precision, recall", charts=figures, note=note),
            Section("Review share, drift and volume", charts=others),
            Section("Every day", tables=tables[1:]),
        ],
    )


_NO_DRIFT = "Drift will appear here after the first day with enough predictions to compare."
_NO_LABELS = "Will appear when predictions of the random audit are reviewed."


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
    return Chart(figure, figure.capitalize(), labels, series, Style.SHARE, empty=_NO_LABELS)


def _chart_versions(
    report: PerformanceTrends,
    id_: str,
    title: str,
    style: Style,
    read: Any,
    empty: str = _NO_PREDICTIONS,
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
        Column("Version"),
        Column("Predictions", Style.COUNT),
        Column("Newest accuracy", Style.SHARE),
        Column("Interval"),
        Column("Labels", Style.COUNT),
    ]
    rows = [
        [row.version, row.total, row.newest.value, _format_interval(row.newest), row.newest.n]
        for row in report.versions
    ]
    return Table("Versions", columns, rows, empty=_NO_PREDICTIONS)


def _format_interval(figure: Any) -> str:
    if figure.low is None or figure.high is None:
        return NOTHING
    return f"{figure.low:.1%} to {figure.high:.1%}"


def _tabulate_days(report: PerformanceTrends) -> Table:
    columns = [
        Column("Version"),
        Column("Day (UTC)"),
        Column("Predictions", Style.COUNT),
        Column("Review share", Style.SHARE),
        *(Column(figure.capitalize(), Style.SHARE) for figure in FIGURES),
        Column("Drift", Style.NUMBER),
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
    return Table("Days", columns, rows, empty=_NO_PREDICTIONS)
