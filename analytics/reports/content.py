"""What a report or dashboard shows, apart from how: cards, charts and tables in sections.

Pages, files and PDFs are made of the same content, and every chart has its numbers as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_day, format_moment
from accounts.language.sentences import Text
from accounts.numbers import fill, format_number

NOTHING = "–"
"""Stands for a value that was not measured."""

Cell = str | int | float | date | datetime | None


class Style(StrEnum):
    """How the values of a column or chart are written."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """In [0, 1], written in per cent with one decimal."""
    NUMBER = "number"
    """With three decimals."""
    FIGURE = "figure"
    """A count as it is, any other number with three decimals."""
    DURATION = "duration"
    """In seconds."""


NOTHING_YET = gettext_lazy("Nothing yet.")
"""What an empty table or chart says, where nothing better is known."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: Text
    style: Style = Style.TEXT


@dataclass(frozen=True)
class Table:
    """A table of raw values; files keep them, pages format them. ``empty`` says what will appear here."""

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: Text = ""
    empty: Text = NOTHING_YET

    @property
    def head(self) -> list[str]:
        """The titles of the columns."""
        return [str(column.title) for column in self.columns]

    @property
    def texts(self) -> list[list[str]]:
        """The rows as texts."""
        styles = [column.style for column in self.columns]
        return [
            [format_cell(cell, style) for cell, style in zip(row, styles, strict=True)] for row in self.rows
        ]


@dataclass(frozen=True)
class Series:
    """One line or kind of bar of a chart; ``None`` is a gap. ``lows`` and ``highs`` are its interval."""

    name: Text
    values: Sequence[float | None]
    lows: Sequence[float | None] = ()
    highs: Sequence[float | None] = ()


@dataclass(frozen=True)
class Chart:
    """A chart over labels, most often days."""

    id: str
    title: Text
    labels: Sequence[str]
    series: Sequence[Series]
    style: Style = Style.COUNT
    is_stacked: bool = False
    note: Text = ""
    empty: Text = NOTHING_YET

    @property
    def script_id(self) -> str:
        """The id of the element that holds its numbers."""
        return f"chart-{self.id}"

    @property
    def has_values(self) -> bool:
        """Whether anything but zeros and gaps would be drawn."""
        return any(value for row in self.series for value in row.values)

    @property
    def table(self) -> Table:
        """The numbers of the chart."""
        columns, lists = [Column(gettext("Day"))], [list(self.labels)]
        for row in self.series:
            parts = [("", row.values), (gettext(", at least"), row.lows), (gettext(", at most"), row.highs)]
            for suffix, values in parts:
                if values:
                    columns.append(Column(f"{row.name}{suffix}", self.style))
                    lists.append(list(values))  # type: ignore[arg-type]  # numbers beside the labels
        return Table(
            gettext("Numbers of the chart: {title}").format(title=self.title),
            columns,
            list(zip(*lists, strict=True)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what the script draws."""
        series = [
            {"name": str(row.name), "values": row.values, "lows": row.lows, "highs": row.highs}
            for row in self.series
        ]
        return {"labels": self.labels, "series": series, "style": self.style, "stacked": self.is_stacked}


@dataclass(frozen=True)
class Card:
    """One number with what it was before and what it means."""

    title: Text
    value: str
    before: str = ""
    note: Text = ""
    href: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page under one heading; ``key`` names it in every language, where it is looked for."""

    title: Text
    cards: Sequence[Card] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    note: Text = ""
    key: str = ""


@dataclass(frozen=True)
class Page:
    """A report or dashboard."""

    title: Text
    lead: Text
    sections: Sequence[Section] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        """Every table of the page, those of charts included."""
        return [
            table
            for section in self.sections
            for table in (*(chart.table for chart in section.charts), *section.tables)
        ]


def format_cell(cell: Cell, style: Style = Style.TEXT) -> str:
    """Return a value as pages show it."""
    if cell is None:
        return NOTHING
    if isinstance(cell, datetime):
        return format_moment(cell)
    if isinstance(cell, date):
        return format_day(cell)
    if isinstance(cell, str):
        return cell
    return _format_number(cell, style)


def _format_number(value: float, style: Style) -> str:
    if style is Style.SHARE:
        return format_number(value, ".1%")
    if style is Style.FIGURE:
        return format_number(value) if isinstance(value, int) else format_number(value, ",.3f")
    if style is Style.NUMBER:
        return format_number(value, ".3f")
    if style is Style.DURATION:
        return format_seconds(value)
    return format_number(value) if isinstance(value, int) else format_number(value, ",.0f")


def format_seconds(seconds: float | None) -> str:
    """Return a duration in its largest fitting unit: 45 s, 12 min, 3.4 h, 2.1 days."""
    if seconds is None:
        return NOTHING
    if seconds == 0:
        return "0 s"
    for size, unit in ((86_400 * 2, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            divisor = 86_400 if unit == "days" else size
            return (
                fill(gettext("{value:.0f} min"), value=seconds / divisor)
                if unit == "min"
                else f"{format_number(seconds / divisor, '.1f')} {unit}"
            )
    return (
        f"{format_number(seconds, '.0f')} s"
        if seconds >= 1
        else fill(gettext("{value:.0f} ms"), value=seconds * 1000)
    )


def format_change(now: float | None, before: float | None, style: Style = Style.COUNT) -> str:
    """Return what a number was before, and by how much it changed."""
    if now is None or before is None:
        return gettext("no value before")
    told = gettext("before: {cell}").format(cell=format_cell(before, style))
    if style is Style.SHARE:
        return fill(gettext("{told} ({value:+.1f} points)"), told=told, value=(now - before) * 100)
    return f"{told} ({format_number(now / before - 1, '+.0%')})" if before else told


def format_label(day: date) -> str:
    """Return a day as the axis of a chart shows it."""
    return date_format(day, "j M") if day.year == datetime.now(UTC).year else format_day(day)


def show_figure(figure: str) -> str:
    """Return the title of a figure of the model."""
    titles = {"accuracy": gettext("Accuracy"), "precision": gettext("Precision"), "recall": gettext("Recall")}
    return titles[figure]
