"""Render the result of a simulation as an SVG chart and as a Markdown section."""

from __future__ import annotations

from dataclasses import asdict

from feedback.simulation.loop import SimulationPlan, SimulationResult
from modelops.models import THRESHOLD_DEFAULTS
from modelops.svg_charts import PlotAnnotation, render_line_chart

_PHASE_LABELS = {"shifted": "other mix, same truth", "stricter": "new guideline"}
_SECTION_TEMPLATE = """## The loop, simulated (`manage.py loop simulate`)

Written by `make benchmark-loop`. Real engine, database, services and training; simulated clients, of whom
{objection_rate:.0%} object to a wrong answer, and reviewers who err in {reviewers_err:.0%} of their
decisions, second looks and adjudications included. {per_hour} answers an hour, {audit_share:.0%} of them
audited at random; limits as shipped: {feedback_limit:,} new labels train a candidate, {cooldown_hours} hours
lie between two trainings. First the usual mix; then far more pairs with abbreviated legal forms, which drift
without an error; then a new guideline that takes misspelt words and plurals for other names, a quarter of the
traffic.

![True accuracy by simulated hour](images/loop.svg)

| | |
|---|---|
| true accuracy before, on {holdout_size:,} pairs whose entities were never sent | {accuracy_before:.1%} |
| right after the new guideline | {accuracy_drifted:.1%} |
| at the end | {accuracy_after:.1%} |
| share of the lost accuracy won back | {recovered_share:.1%} |
| labels about answers since the new guideline that trainings used | {corrections:,} |
| trainings begun by themselves, each approved by two people | {retrainings} |
| hours from the new guideline to the first training | {hours_to_first_retraining} |
| reports of drift without error | {drift_reports_without_error} |
| trainings because of drift without error | {retrainings_without_error} |
| approvals that overruled a red gate, with the reason that the guideline has changed | {overrides} |
| seconds the simulation took | {seconds:.0f} |

| training at hour | because of | corrections used so far | true accuracy after it | won back |
|---|---|---|---|---|
{rows}
"""


def render_svg(outcome: SimulationResult) -> str:
    """Return an SVG chart of the true accuracy over time, annotated with phases and trainings."""
    annotations, phase = [], "quiet"
    for row in outcome.history:
        if row["phase"] != phase:
            annotations.append(PlotAnnotation(row["hour"], _PHASE_LABELS[row["phase"]]))
            phase = row["phase"]
        if row["event"].startswith("trained"):
            annotations.append(PlotAnnotation(row["hour"], "trained, approved"))
    values = [row["accuracy"] for row in outcome.history]
    threshold = float(THRESHOLD_DEFAULTS["accuracy"][0])
    return render_line_chart("True accuracy by simulated hour", values, annotations, threshold)


def render_section(plan: SimulationPlan, outcome: SimulationResult) -> str:
    """Return the result as a Markdown section."""
    rows = "\n".join(
        f"| {row['hour']} | {row['event'].split('(')[-1].split(')')[0]} | {row['corrections']:,} "
        f"| {row['accuracy']:.1%} | {row['recovered_share']:.1%} |"
        for row in outcome.trainings
        if row["recovered_share"] is not None
    )
    return _SECTION_TEMPLATE.format(**{**asdict(plan), **outcome.to_dict(), "rows": rows})
