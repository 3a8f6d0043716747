"""The results of an experiment as tables of texts, and as files: JSON, CSV and PDF."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from accounts.dates import format_moment
from accounts.models import AuditEvent
from analytics.experiments.results import (
    ExperimentResults,
    MetricResult,
    Segment,
    describe_results,
    list_changes,
)
from analytics.experiments.verdict import format_e_value, format_value
from experiments.intervals import Interval
from experiments.metrics import Unit
from feedback.memo.pdf import render_pdf
from matching.jobs.formats.rows import escape_formula
from modelops.models import describe_profile

_TEMPLATE = Path(__file__).with_name("report.typ")
_NONE = "–"
EXPLORATORY = "Exploratory: many segments are compared, so some differ by chance. They decide nothing."
INTERVALS = "In brackets: intervals that hold at every look at once (95 %)."
PLANNED = "B minus A and lift of the primary metric are those of the last planned look (one a day)."


@dataclass(frozen=True)
class Table:
    """A table with its title; every cell is text."""

    title: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""


def build_tables(results: ExperimentResults) -> list[Table]:
    """Return what the page shows below the verdict, in its order."""
    return [
        Table(
            "Metrics of users", _METRIC_HEAD, [_format_metric(row) for row in results.metrics], _note(results)
        ),
        Table("Accuracy: reviewed disagreements", ["", ""], _list_evidence(results)),
        Table(
            "Guardrails",
            ["Guardrail", "State", "Measured"],
            [[row.title, row.state, row.text] for row in results.guardrails],
        ),
        Table("Split of users", ["", ""], [["Users", results.split.describe()]]),
        Table("Segments", _SEGMENT_HEAD, [_format_segment(row) for row in results.segments], EXPLORATORY),
        Table("Phases", ["Phase", "Share of A", "Enrolled", "From", "Until"], _list_phases(results)),
        Table("Log", ["Time", "Who", "What", "Details"], _list_log(results)),
    ]


_METRIC_HEAD = ["Metric", "Users A / B", "A", "B", "B minus A", "Lift", "Result"]
_SEGMENT_HEAD = ["Segment", "Predictions A / B", "Review share A / B", "B right in disagreements"]


def list_facts(results: ExperimentResults) -> dict[str, str]:
    """Return the facts of an experiment for the head of a report."""
    row = results.experiment
    period = f"{format_moment(row.start_date)} to " if row.start_date else ""
    end = format_moment(row.end_date) if row.end_date else "now"
    return {
        "Hypothesis": row.hypothesis,
        "Status": str(row.get_status_display()),
        "Profile": describe_profile(row.profile),
        "Version A": str(row.model_a),
        "Version B": str(row.model_b),
        "Primary metric": row.recorded_metric or str(row.get_primary_metric_display()),
        "Period": f"{period}{end}, phase {results.phase.number} is shown",
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
    writer.writerow(["Verdict", escape_formula(results.verdict.sentence)])
    for name, fact in list_facts(results).items():
        writer.writerow([name, escape_formula(fact)])
    for table in build_tables(results):
        writer.writerows([[], [table.title], table.head])
        writer.writerows([escape_formula(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode()


def _render_pdf(results: ExperimentResults) -> bytes:
    at = timezone.now().replace(microsecond=0)
    content = {
        "title": f"Experiment: {results.experiment.name}",
        "at": format_moment(at),
        "verdict": results.verdict.sentence,
        "facts": [[name, fact] for name, fact in list_facts(results).items()],
        "sections": [table.__dict__ for table in build_tables(results)],
    }
    return render_pdf(content, at, _TEMPLATE)


RENDERERS: Mapping[str, Callable[[ExperimentResults], bytes]] = {
    "json": _render_json,
    "csv": _render_csv,
    "pdf": _render_pdf,
}


def _note(results: ExperimentResults) -> str:
    return f"{INTERVALS} {PLANNED}" if any(row.looks for row in results.metrics) else INTERVALS


def _format_metric(row: MetricResult) -> list[str]:
    title = f"{row.metric.title}{' (primary)' * row.is_primary}"
    compared = row.comparison
    if compared is None:
        return [title, "0 / 0", _NONE, _NONE, _NONE, _NONE, "nothing stored"]
    unit = row.metric.unit
    decided = {"b better": "B is better", "a better": "A is better", "different": "different"}
    fallback = "no difference shown" if compared.has_enough_users else "too few users"
    return [
        title,
        f"{compared.a.users:,} / {compared.b.users:,}",
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
    return f"{format_value(unit, interval.estimate)} ({low} to {high})"


def _list_evidence(results: ExperimentResults) -> list[list[str]]:
    evidence = results.evidence
    if evidence is None:
        return []
    n = len(evidence.reviewed)
    share = f", {evidence.wins / n:.0%}" if n else ""
    return [
        ["Predictions scored by both versions", f"{evidence.scored:,}"],
        ["Disagreements", f"{evidence.found:,}"],
        ["Settled by reviewers", f"{n:,}"],
        ["B is right", f"{evidence.wins:,}{share}"],
        ["Evidence (e-value; 20 decides)", format_e_value(evidence.e_value)],
    ]


def _format_segment(row: Segment) -> list[str]:
    review_a, review_b = row.review_shares
    won = f"{row.wins:,} of {row.reviewed:,}" if row.reviewed else _NONE
    return [
        f"{row.name}: {row.value}",
        f"{row.predictions[0]:,} / {row.predictions[1]:,}",
        f"{review_a:.1%} / {review_b:.1%}",
        won,
    ]


def _list_phases(results: ExperimentResults) -> list[list[str]]:
    return [
        [
            str(phase.number),
            f"{phase.traffic_split:.0%}",
            f"{phase.enrolled_share:.0%}",
            format_moment(phase.started_at),
            format_moment(phase.ended_at) if phase.ended_at else "now",
        ]
        for phase in results.experiment.phases.all()
    ]


def _list_log(results: ExperimentResults) -> list[list[str]]:
    return [_format_event(event) for event in list_changes(results.experiment)]


def _format_event(event: AuditEvent) -> list[str]:
    who = event.actor.get_full_name() if event.actor else "the program"
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
