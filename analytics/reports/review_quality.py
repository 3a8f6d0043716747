"""The report of review quality: agreement, accuracy, pace and volume of reviewers over a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from accounts.numbers import format_number
from analytics.reports.content import Cell, Column, Page, Section, Style, Table
from analytics.reports.people import ReportUser, load_users
from analytics.reports.period import ReportPeriod
from feedback.quality.figures import Figure, Measure, measure_quality
from feedback.quality.report import MAX_DECISIONS, SampleFilter

QUALITY_PERMISSION = "analytics.view_review_quality"
"""Permission to see the figures; of each reviewer only with the one to see users as well."""

CSV_COLUMNS = ("reviewer", "measure", "value", "low", "high", "n")


@dataclass(frozen=True)
class QualityReport:
    """The figures of a period; ``reviewers`` is ``None`` for those who may not see users."""

    period: ReportPeriod
    profile: str
    stream: str
    all: Sequence[Figure]
    reviewers: Mapping[ReportUser, Sequence[Figure]] | None
    is_cut: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the API states it."""
        reviewers = None
        if self.reviewers is not None:
            reviewers = [
                {"reviewer": user.to_dict(), "figures": [_to_dict(figure) for figure in figures]}
                for user, figures in self.reviewers.items()
            ]
        return {
            "period": self.period.to_dict(),
            "profile": self.profile or None,
            "stream": self.stream or None,
            "is_cut": self.is_cut,
            "figures": [_to_dict(figure) for figure in self.all],
            "reviewers": reviewers,
        }

    def list_csv_rows(self) -> Iterator[Sequence[Cell]]:
        """Yield the head and one row for each figure; the reviewer of a figure of all is empty."""
        yield CSV_COLUMNS
        for figure in self.all:
            yield ("", *figure)
        for user, figures in (self.reviewers or {}).items():
            for figure in figures:
                yield (str(user), *figure)


def get_review_quality(
    period: ReportPeriod, profile: str = "", stream: str = "", show_people: bool = False
) -> QualityReport:
    """Return the figures of a period, of a profile and a stream of items if they are named."""
    restriction = SampleFilter(period.end, profile, stream)
    measured = measure_quality(period.start, restriction)
    reviewers = None
    if show_people:
        users = load_users(list(measured.reviewers), show_names=True)
        reviewers = {users[key]: figures for key, figures in measured.reviewers.items()}
    return QualityReport(period, profile, stream, measured.all, reviewers, measured.is_cut)


def present_quality(report: QualityReport) -> Page:
    """Return the report as a page: a table of all reviewers, then one of each."""
    lead = gettext("{period}. Only decisions made before the model’s prediction was shown.")
    sections = [
        Section(
            gettext("All reviewers"),
            tables=[_tabulate(gettext("All reviewers"), report.all)],
            note=_describe(),
        )
    ]
    if report.reviewers is None:
        note = gettext("Figures of each reviewer are shown to those who may see users.")
        sections.append(Section(gettext("Each reviewer"), note=note))
    for user, figures in (report.reviewers or {}).items():
        sections.append(Section(str(user), tables=[_tabulate(str(user), [row for row in figures if row.n])]))
    if report.is_cut:
        cut = gettext("There are more than {n} decisions; the oldest are left out.").format(
            n=format_number(MAX_DECISIONS)
        )
        sections.insert(0, Section(gettext("Not all decisions"), note=cut))
    return Page(gettext("Review quality figures"), lead.format(period=report.period), sections)


def get_title(measure: Measure) -> str:
    """Return what a measure is called on screens and in files."""
    titles = {
        Measure.DECISIONS: gettext("Decisions"),
        Measure.DECISION_SECONDS: gettext("Seconds from claim to decision, median"),
        Measure.TURNAROUND_SECONDS: gettext("Seconds from queue to decision, median"),
        Measure.SAME_DECISION: gettext("Same decision as the other reviewer, share"),
        Measure.COHEN_KAPPA: gettext("Cohen’s κ"),
        Measure.GWET_AC1: gettext("Gwet’s AC1"),
        Measure.KRIPPENDORFF_ALPHA: gettext("Krippendorff’s α"),
        Measure.GOLD_ACCURACY: gettext("Gold items right, share"),
        Measure.OVERTURN_RATE: gettext("First decisions overturned by a second review, share"),
    }
    return titles[measure]


def _describe() -> str:
    return gettext(
        "Intervals hold in 95 of 100 cases: Wilson for shares, resampled items for coefficients (stated from "
        "20 items on), order statistics for medians (from six decisions on). Items whose adjudication waits "
        "are in no share of overturned decisions."
    )


def _tabulate(title: str, figures: Sequence[Figure]) -> Table:
    columns = [
        Column(gettext("Measure")),
        Column(gettext("Value"), Style.FIGURE),
        Column(gettext("At least"), Style.FIGURE),
        Column(gettext("At most"), Style.FIGURE),
        Column(gettext("Count"), Style.COUNT),
    ]
    rows = [[get_title(row.measure), row.value, row.low, row.high, row.n] for row in figures]
    return Table(title, columns, rows)


def _to_dict(figure: Figure) -> dict[str, Any]:
    return figure._asdict()
