"""The review dashboard of a lead: flow, age, turnaround, pace, agreement, gold accuracy, overrides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import User
from accounts.numbers import fill, format_number
from analytics.dashboards.executive import build_flow_chart, build_turnaround_cards
from analytics.dashboards.reviews import count_ages, measure_backlog, measure_turnaround
from analytics.reports.content import NOTHING, Card, Cell, Column, Page, Section, Style, Table, format_seconds
from analytics.reports.period import ReportPeriod
from feedback.quality import report as quality
from feedback.quality.report import MIN_SHARED_ITEMS, BlindDecisionSample, GroupAgreement, Proportion

FAST_SECONDS = 1.0
"""A decision within this time was hardly read."""


def build_review_page(period: ReportPeriod, now: datetime) -> Page:
    """Return the review dashboard of a period; quality is measured over the last 90 days."""
    sample = BlindDecisionSample(quality.get_window_start(now))
    window = gettext("Blind decisions of the last {days} days, adjudications left out.").format(
        days=quality.WINDOW.days
    )
    return Page(
        gettext("Review dashboard"),
        gettext("{period}, compared with {previous}.").format(period=period, previous=period.previous),
        [
            _build_queue_section(period, now),
            Section(gettext("Reviewers"), tables=[tabulate_reviewers(sample)], note=window),
            Section(gettext("Agreement"), tables=[tabulate_agreement(sample)], note=window),
            Section(
                gettext("Overrides of the model by rule"), tables=[_tabulate_overrides(sample)], note=window
            ),
        ],
    )


def _build_queue_section(period: ReportPeriod, now: datetime) -> Section:
    backlog = measure_backlog(now)
    turnaround, before = measure_turnaround(period), measure_turnaround(period.previous)
    oldest = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else None
    cards = [
        Card(
            gettext("Waiting now"),
            format_number(backlog.open),
            fill(gettext("{overdue:,} overdue"), overdue=backlog.overdue),
            backlog.forecast,
        ),
        Card(gettext("Oldest item waits for"), format_seconds(oldest)),
        *build_turnaround_cards(turnaround, before),
    ]
    rows: list[list[Cell]] = [[name, count] for name, count in count_ages(now).items()]
    ages = Table(
        gettext("Open items by age"),
        [Column(gettext("Age")), Column(gettext("Items"), Style.COUNT)],
        rows if backlog.open else [],
        empty=gettext("The queue is empty."),
    )
    return Section(gettext("Queue"), cards, [build_flow_chart(period)], [ages])


def tabulate_reviewers(sample: BlindDecisionSample) -> Table:
    """Return pace, gold accuracy and agreement of each reviewer, with intervals and numbers."""
    fast = _count_fast_decisions(sample)
    keys = dict(User.objects.filter(pk__in=fast).values_list("email", "pk"))
    rows: list[list[Cell]] = []
    for row in quality.summarise_reviewers(sample):
        agreed = Proportion(round((row.agreement_share or 0) * row.shared_items), row.shared_items)
        rows.append(
            [
                row.email,
                row.decisions,
                row.median_seconds,
                _flag_fast(fast[keys[row.email]]),
                _format_proportion(row.gold, 1),
                _format_proportion(agreed, MIN_SHARED_ITEMS),
            ]
        )
    columns = [
        Column(gettext("Reviewer")),
        Column(gettext("Decisions"), Style.COUNT),
        Column(gettext("Median time"), Style.DURATION),
        Column(gettext("Within one second")),
        Column(gettext("Gold items right (95 %)")),
        Column(gettext("Same decision as the other (95 %)")),
    ]
    note = gettext(
        "Agreement is shown from {number} items with two decisions on. A "
        "decision within one second was hardly read."
    ).format(number=MIN_SHARED_ITEMS)
    return Table(
        gettext("Reviewers"),
        columns,
        rows,
        note,
        gettext("Reviewers will appear here with their first decision."),
    )


def tabulate_agreement(sample: BlindDecisionSample) -> Table:
    """Return agreement over all, by guideline and by category; coefficients only where n is enough."""
    every = quality.measure_all_reviewers(sample)
    groups = [*([every] if every else []), *quality.measure_by_guideline(sample)]
    named = [
        (group.name if group is every else gettext("Guideline {name}").format(name=group.name), group)
        for group in groups
    ]
    named += [(group.name, group) for group in quality.measure_by_category(sample)]
    columns = [
        Column(gettext("Group")),
        Column(gettext("Items"), Style.COUNT),
        Column(gettext("Same decision (95 %)")),
        Column("κ (95 %)"),
        Column("AC1 (95 %)"),
        Column("α"),
    ]
    rows = [[name, *_describe_agreement(group)] for name, group in named]
    note = gettext("Under {number} items no coefficient is shown: chance would decide it.").format(
        number=MIN_SHARED_ITEMS
    )
    empty = gettext("Agreement will appear here when items are decided by two reviewers.")
    return Table(gettext("Agreement"), columns, rows, note, empty)


def _describe_agreement(group: GroupAgreement) -> list[Cell]:
    measured = group.coefficients
    if not group.is_stated:
        too_few = gettext("fewer than {number} items with two decisions: no coefficient is shown")
        return [measured.n, too_few.format(number=MIN_SHARED_ITEMS), NOTHING, NOTHING, NOTHING]
    return [
        measured.n,
        _format_proportion(Proportion(round(measured.percent * measured.n), measured.n), MIN_SHARED_ITEMS),
        _format_coefficient(measured.kappa, group.kappa_interval),
        _format_coefficient(measured.ac1, group.ac1_interval),
        _format_coefficient(measured.alpha, None),
    ]


def _tabulate_overrides(sample: BlindDecisionSample) -> Table:
    rows: list[list[Cell]] = [
        [name, share.hits, share.n, _format_proportion(share, 1)]
        for name, share in quality.count_overrides_by_category(sample)
    ]
    columns = [
        Column(gettext("Category of difference")),
        Column(gettext("Overridden"), Style.COUNT),
        Column(gettext("Decided"), Style.COUNT),
        Column(gettext("Rate (95 %)")),
    ]
    return Table(
        gettext("Overrides"),
        columns,
        rows,
        empty=gettext("Overrides will appear here when a reviewer contradicts the model."),
    )


def _count_fast_decisions(sample: BlindDecisionSample) -> Counter[UUID]:
    """Return the decisions within a second of each reviewer, zeros included."""
    counts: Counter[UUID] = Counter()
    for decision in sample.decisions:
        counts[decision.reviewer_id] += decision.seconds is not None and decision.seconds <= FAST_SECONDS
    return counts


def _flag_fast(count: int) -> str:
    return f"⚠ {format_number(count)}" if count else "none"


def _format_proportion(share: Proportion, needed: int) -> str:
    if share.share is None or share.bounds is None:
        return NOTHING
    if share.n < needed:
        return gettext("{n} items: too few").format(n=share.n)
    low, high = share.bounds
    return fill(
        gettext("{share:.0%} ({low:.0%} to {high:.0%}) of {n:,}"),
        share=share.share,
        low=low,
        high=high,
        n=share.n,
    )


def _format_coefficient(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None:
        return NOTHING
    return (
        fill(gettext("{value:.2f} ({low:.2f} to {high:.2f})"), value=value, low=interval[0], high=interval[1])
        if interval
        else format_number(value, ".2f")
    )
