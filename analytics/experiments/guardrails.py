"""Guardrails: how much worse than A version B is, and the check that stops an experiment by itself."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.utils.translation import gettext

from accounts.numbers import fill
from analytics.experiments.gold import GoldRecall, measure_gold_recall
from analytics.experiments.split import describe_split
from analytics.experiments.user_table import UserTable, build_user_table
from experiments.intervals import ArmComparison
from experiments.metrics import AUTOMATIC_METRICS, GOLD_RECALL, Direction
from experiments.models import Experiment, Guardrail
from experiments.services import ExperimentError, stop_experiment
from experiments.significance import check_sample_ratio
from modelops.alerting.alerts import raise_alert, record_observation
from modelops.serving.loader import ArtefactVerificationError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class GuardrailStatus:
    """One guardrail beside what was measured; ``state`` is ``ok``, ``breached`` or ``waiting``."""

    metric: str
    title: str
    margin: float
    state: str
    text: str


def assess_guardrail(guardrail: Guardrail, table: UserTable, gold: GoldRecall | None) -> GuardrailStatus:
    """Judge one guardrail: breached when the whole interval of the change lies beyond the margin."""
    margin = float(guardrail.margin)
    if guardrail.metric == GOLD_RECALL:
        state, text = _assess_gold(gold, margin)
    else:
        state, text = _assess_users(guardrail.metric, table.compare(guardrail.metric), margin)
    if guardrail.breached_at:
        state = "breached"
    return GuardrailStatus(guardrail.metric, str(guardrail.get_metric_display()), margin, state, text)


def assess_guardrails(experiment: Experiment, table: UserTable) -> list[GuardrailStatus]:
    """Judge all guardrails of an experiment; gold items are compared only where one of them needs it."""
    rows = list(experiment.guardrails.all())
    needs_gold = any(row.metric == GOLD_RECALL for row in rows)
    gold = _measure_gold(experiment) if needs_gold else None
    return [assess_guardrail(row, table, gold) for row in rows]


def _measure_gold(experiment: Experiment) -> GoldRecall | None:
    """Return the recall of both versions; ``None`` when this program cannot run one of them."""
    try:
        return measure_gold_recall(experiment)
    except (ArtefactVerificationError, ValueError) as error:
        log.error("gold_not_measured", experiment=str(experiment.pk), error=type(error).__name__)
        return None


def check_running_experiments() -> list[str]:
    """Stop every running experiment with a breached guardrail and alert; return the names of those."""
    return [
        row.name for row in Experiment.objects.running().select_related("model_a", "model_b") if _check(row)
    ]


def _check(experiment: Experiment) -> bool:
    table = build_user_table(experiment, experiment.phases.get(number=experiment.phase))
    _observe_split(experiment, table)
    breached = [row for row in assess_guardrails(experiment, table) if row.state == "breached"]
    if not breached:
        return False
    first = breached[0]
    try:
        stop_experiment(experiment, None, f"{first.title}: {first.text}", breached=first.metric)
    except ExperimentError:  # somebody else stopped it meanwhile
        return False
    raise_alert("experiment_stopped", experiment.name, f"{first.title}: {first.text}")
    log.warning("experiment_stopped", experiment=str(experiment.pk), guardrail=first.metric)
    return True


def _observe_split(experiment: Experiment, table: UserTable) -> None:
    check = check_sample_ratio(*table.count_users(), experiment.share_b)
    what = gettext("{split} Results are withheld.").format(split=describe_split(check))
    record_observation("experiment_split", experiment.name, check.is_mismatch, what)


def _assess_gold(gold: GoldRecall | None, margin: float) -> tuple[str, str]:
    if gold is None or not gold.items:
        return "waiting", gettext("no gold item with a material difference could be compared")
    state = "breached" if gold.share_a - gold.share_b > margin else "ok"
    text = gettext("A finds {found_by_a} and B {found_by_b} of {items} material gold items").format(
        found_by_a=gold.found_by_a, found_by_b=gold.found_by_b, items=gold.items
    )
    return state, text


def _assess_users(metric: str, result: ArmComparison | None, margin: float) -> tuple[str, str]:
    known = AUTOMATIC_METRICS[metric]
    change = result and (result.lift if known.relative_margin else result.difference)
    if result is None or not change or not result.has_enough_users:
        return "waiting", gettext("too few users")
    worse = change.low if known.better == Direction.LOWER else -change.high
    text = fill(
        gettext("B {estimate:+.1%} ({low:+.1%} to {high:+.1%}), at most {margin:.1%} worse"),
        estimate=change.estimate,
        low=change.low,
        high=change.high,
        margin=margin,
    )
    return ("breached" if worse > margin else "ok"), text
