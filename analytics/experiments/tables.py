"""The results of an experiment as tables of texts, and as files: JSON, CSV and PDF."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.language.sentences import Text
from accounts.models import AuditEvent
from accounts.numbers import fill, format_number
from analytics.experiments.results import (
    ExperimentResults,
    MetricResult,
    Segment,
    describe_results,
    list_changes,
)
from analytics.experiments.split import describe_split
from analytics.experiments.verdict import format_e_value, format_value
from experiments.intervals import Interval
from experiments.metrics import Unit
from feedback.memo.pdf import render_pdf
from matching.jobs.formats.rows import escape_formula
from modelops.models import describe_profile

_TEMPLATE = Path(__file__).with_name("report.typ")
_NONE = "–"
STATES = {
    "breached": gettext_lazy("✗ breached"),
    "ok": gettext_lazy("✓ within the limit"),
    "waiting": gettext_lazy("– not enough data"),
}
"""The states of guardrails in words."""
EXPLORATORY = gettext_lazy(
    "Exploratory: many segments are compared, so some differ by chance. They decide nothing."
)
INTERVALS = gettext_lazy("In brackets: intervals that hold at every look at once (95 %).")
PLANNED = gettext_lazy(
    "B minus A and lift of the primary metric are those of the last planned look (one a day)."
)


@dataclass(frozen=True)
class Table:
    """A table with its title; every cell is text, and a guardrail's state one of :data:`STATES`.

    ``tells_outcome`` is whether it compares the versions, so that it is left out while results are withheld.
    """

    title: Text
    head: Sequence[Text]
    rows: list[list[str]]
    note: Text = ""
    tells_outcome: bool = False


def build_tables(results: ExperimentResults) -> list[Table]:
    """Return what the page shows below the verdict, in its order."""
    return [
        Table(
            gettext("Metrics of users"),
            _METRIC_HEAD,
            [_format_metric(row) for row in results.metrics],
            _note(results),
            tells_outcome=True,
        ),
        Table(
            gettext("Accuracy: reviewed disagreements"), ["", ""], _list_evidence(results), tells_outcome=True
        ),
        Table(
            gettext("Guardrails"),
            [gettext("Guardrail"), gettext("State"), gettext("Measured")],
            [[gettext(row.title), row.state, row.text] for row in results.guardrails],
        ),
        Table(gettext("Split of users"), ["", ""], [[gettext("Users"), describe_split(results.split)]]),
        Table(
            gettext("Segments"),
            _SEGMENT_HEAD,
            [_format_segment(row) for row in results.segments],
            EXPLORATORY,
            tells_outcome=True,
        ),
        Table(
            gettext("Phases"),
            [gettext("Phase"), gettext("Share of A"), gettext("Enrolled"), gettext("From"), gettext("Until")],
            _list_phases(results),
        ),
        Table(
            gettext("Log"),
            [gettext("Time"), gettext("Who"), gettext("What"), gettext("Details")],
            _list_log(results),
        ),
    ]


_METRIC_HEAD: list[Text] = [
    gettext_lazy("Metric"),
    gettext_lazy("Users A / B"),
    "A",
    "B",
    gettext_lazy("B minus A"),
    gettext_lazy("Lift"),
    gettext_lazy("Result"),
]
_SEGMENT_HEAD: list[Text] = [
    gettext_lazy("Segment"),
    gettext_lazy("Predictions A / B"),
    gettext_lazy("Review share A / B"),
    gettext_lazy("B right in disagreements"),
]


def list_facts(results: ExperimentResults) -> dict[str, str]:
    """Return the facts of an experiment for the head of a report."""
    row = results.experiment
    period = gettext("{moment} to ").format(moment=format_moment(row.start_date)) if row.start_date else ""
    end = format_moment(row.end_date) if row.end_date else gettext("now")
    return {
        gettext("Hypothesis"): row.hypothesis,
        gettext("Status"): str(row.get_status_display()),
        gettext("Profile"): describe_profile(row.profile),
        gettext("Version A"): str(row.model_a),
        gettext("Version B"): str(row.model_b),
        gettext("Primary metric"): row.recorded_metric or str(row.get_primary_metric_display()),
        gettext("Period"): gettext("{period}{end}, phase {number} is shown").format(
            period=period, end=end, number=results.phase.number
        ),
    }


def render_file(results: ExperimentResults, ending: str) -> bytes:
    """Return the results as ``json``, ``csv`` or ``pdf``. Raises ``KeyError`` for another ending."""
    return RENDERERS[ending](results)


def _render_json(results: ExperimentResults) -> bytes:
    return json.dumps(describe_results(results), ensure_ascii=False, indent=2).encode()


def _render_csv(results: ExperimentResults) -> bytes:
    """Return all tables under each other, each after its title."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([gettext("Verdict"), escape_formula(results.verdict.sentence)])
    for name, fact in list_facts(results).items():
        writer.writerow([name, escape_formula(fact)])
    for table in build_tables(results):
        writer.writerows([[], [table.title], table.head])
        writer.writerows([escape_formula(cell) for cell in row] for row in _write_rows(table))
    return text.getvalue().encode()


def _render_pdf(results: ExperimentResults) -> bytes:
    at = timezone.now().replace(microsecond=0)
    content = {
        "title": gettext("Experiment: {name}").format(name=results.experiment.name),
        "verdict": results.verdict.sentence,
        "facts": [[name, fact] for name, fact in list_facts(results).items()],
        "sections": [{**table.__dict__, "rows": _write_rows(table)} for table in build_tables(results)],
        "language": get_language() or "en",
        "as_of": gettext("As of {moment}").format(moment=format_moment(at)),
        "nothing": gettext("Nothing yet."),
    }
    return render_pdf(content, at, _TEMPLATE)


def _write_rows(table: Table) -> list[list[str]]:
    """Return the rows of a table for a file, states in words."""
    return [[str(STATES.get(cell, cell)) for cell in row] for row in table.rows]


RENDERERS: Mapping[str, Callable[[ExperimentResults], bytes]] = {
    "json": _render_json,
    "csv": _render_csv,
    "pdf": _render_pdf,
}


def _note(results: ExperimentResults) -> Text:
    return f"{INTERVALS} {PLANNED}" if any(row.looks for row in results.metrics) else INTERVALS


def _format_metric(row: MetricResult) -> list[str]:
    title = gettext(row.metric.title)
    if row.is_primary:
        title = gettext("{title} (primary)").format(title=title)
    compared = row.comparison
    if compared is None:
        return [title, "0 / 0", _NONE, _NONE, _NONE, _NONE, gettext("nothing stored")]
    unit = row.metric.unit
    decided = {
        "b better": gettext("B is better"),
        "a better": gettext("A is better"),
        "different": gettext("different"),
    }
    fallback = gettext("no difference shown") if compared.has_enough_users else gettext("too few users")
    return [
        title,
        f"{format_number(compared.a.users)} / {format_number(compared.b.users)}",
        _format_interval(unit, compared.a.interval),
        _format_interval(unit, compared.b.interval),
        _format_interval(unit, compared.difference),
        _format_interval(Unit.SHARE, compared.lift),
        decided.get(row.verdict.state.value, fallback),
    ]


def _format_interval(unit: Unit, interval: Interval | None) -> str:
    if interval is None:
        return _NONE
    low, high = format_value(unit, interval.low), format_value(unit, interval.high)
    return gettext("{value} ({low} to {high})").format(
        value=format_value(unit, interval.estimate), low=low, high=high
    )


def _list_evidence(results: ExperimentResults) -> list[list[str]]:
    evidence = results.evidence
    if evidence is None:
        return []
    n = len(evidence.reviewed)
    share = f", {format_number(evidence.wins / n, '.0%')}" if n else ""
    return [
        [gettext("Predictions scored by both versions"), format_number(evidence.scored)],
        [gettext("Disagreements"), format_number(evidence.found)],
        [gettext("Settled by reviewers"), format_number(n)],
        [gettext("B is right"), f"{format_number(evidence.wins)}{share}"],
        [gettext("Evidence (e-value; 20 decides)"), format_e_value(evidence.e_value)],
    ]


def _format_segment(row: Segment) -> list[str]:
    review_a, review_b = row.review_shares
    won = (
        fill(gettext("{wins:,} of {reviewed:,}"), wins=row.wins, reviewed=row.reviewed)
        if row.reviewed
        else _NONE
    )
    return [
        f"{row.name}: {row.value}",
        f"{format_number(row.predictions[0])} / {format_number(row.predictions[1])}",
        f"{format_number(review_a, '.1%')} / {format_number(review_b, '.1%')}",
        won,
    ]


def _list_phases(results: ExperimentResults) -> list[list[str]]:
    return [
        [
            str(phase.number),
            format_number(phase.traffic_split, ".0%"),
            format_number(phase.enrolled_share, ".0%"),
            format_moment(phase.started_at),
            format_moment(phase.ended_at) if phase.ended_at else gettext("now"),
        ]
        for phase in results.experiment.phases.all()
    ]


def _list_log(results: ExperimentResults) -> list[list[str]]:
    return [_format_event(event) for event in list_changes(results.experiment)]


def _format_event(event: AuditEvent) -> list[str]:
    who = event.actor.get_full_name() if event.actor else gettext("the program")
    what = event.action.removeprefix("experiment.").replace("_", " ")
    details = event.detail.get("changed", event.detail)
    told = "; ".join(f"{name}: {_format_detail(value)}" for name, value in details.items() if value)
    return [format_moment(event.at), who, what, told]


def _format_detail(value: object) -> str:
    if isinstance(value, list):
        return " → ".join(str(part) for part in value)
    return (
        ", ".join(f"{name} {part}" for name, part in value.items()) if isinstance(value, dict) else str(value)
    )
