"""The results of one phase of an experiment: what the page, the files and the API show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext

from accounts.models import AuditEvent
from analytics.experiments import verdict as verdicts
from analytics.experiments.disagreements import Disagreements, read_disagreements
from analytics.experiments.guardrails import GuardrailStatus, assess_guardrails
from analytics.experiments.planned_looks import PlannedLooks, take_planned_looks
from analytics.experiments.user_table import UserTable, build_user_table, select_phase_predictions
from analytics.experiments.verdict import (
    State,
    Verdict,
    judge_accuracy,
    judge_planned_looks,
    judge_users,
)
from experiments.intervals import ArmComparison, Interval
from experiments.metrics import ACCURACY, AUTOMATIC_METRICS, RECORDED, Metric, build_recorded_metric
from experiments.models import Arm, Experiment, ExperimentPhase
from experiments.significance import SampleRatioCheck, check_sample_ratio
from matching.models import VerdictChoice

MAX_CHART_DAYS = 90


@dataclass(frozen=True)
class MetricResult:
    """One metric of both arms with its verdict; ``comparison`` is ``None`` while nothing is stored."""

    metric: Metric
    comparison: ArmComparison | None
    verdict: Verdict
    is_primary: bool
    looks: PlannedLooks | None = None


@dataclass(frozen=True)
class Segment:
    """An exploratory part of the traffic: predictions, review and material shares of each arm."""

    name: str
    value: str
    predictions: tuple[int, int]
    review_shares: tuple[float, float]
    wins: int
    reviewed: int


@dataclass(frozen=True)
class ChartSeries:
    """The course of the evidence: estimate and bounds by day; an e-value has no bounds."""

    title: str
    days: list[date]
    values: list[float | None]
    lows: list[float | None] = field(default_factory=list)
    highs: list[float | None] = field(default_factory=list)
    threshold: float = 0.0
    is_logarithmic: bool = False


@dataclass(frozen=True)
class ExperimentResults:
    """Everything of one phase. While the split is not as planned, metrics and evidence are empty."""

    experiment: Experiment
    phase: ExperimentPhase
    verdict: Verdict
    split: SampleRatioCheck
    metrics: list[MetricResult]
    evidence: Disagreements | None
    guardrails: list[GuardrailStatus]
    segments: list[Segment]
    chart: ChartSeries | None

    @property
    def is_withheld(self) -> bool:
        """Whether results are withheld."""
        return self.verdict.state == State.WITHHELD


def get_experiment_results(experiment: Experiment, phase_number: int | None = None) -> ExperimentResults:
    """Return the results of a phase, the last one by default.

    Raises ``ExperimentPhase.DoesNotExist`` for a phase that has not begun, also for drafts.
    """
    phase = experiment.phases.get(number=phase_number or experiment.phase)
    table = build_user_table(experiment, phase)
    split = check_sample_ratio(*table.count_users(), phase.share_b)
    guardrails = assess_guardrails(experiment, table)
    if split.is_mismatch:
        withheld = verdicts.withhold(split)
        return ExperimentResults(experiment, phase, withheld, split, [], None, guardrails, [], None)
    evidence = read_disagreements(experiment, phase)
    metrics = _compare_metrics(experiment, phase, table)
    verdict = _judge(experiment, evidence, metrics)
    segments = _read_segments(experiment, phase, evidence)
    chart = _build_chart(experiment, table, evidence, metrics[0].looks)
    return ExperimentResults(
        experiment, phase, verdict, split, metrics, evidence, guardrails, segments, chart
    )


def list_changes(experiment: Experiment) -> list[AuditEvent]:
    """Return the log of an experiment, oldest first."""
    events = AuditEvent.objects.filter(object_type=experiment._meta.label_lower, object_id=str(experiment.pk))
    return list(events.select_related("actor").order_by("id"))


def get_primary_metric(experiment: Experiment) -> Metric | None:
    """Return the metric of users that decides; ``None`` where accuracy does."""
    if experiment.primary_metric == RECORDED:
        return build_recorded_metric(experiment.recorded_metric, experiment.higher_is_better)
    return AUTOMATIC_METRICS.get(experiment.primary_metric)


def _compare_metrics(experiment: Experiment, phase: ExperimentPhase, table: UserTable) -> list[MetricResult]:
    """Return the primary metric first, then the automatic ones, then what else clients recorded."""
    primary = get_primary_metric(experiment)
    recorded = [build_recorded_metric(name) for name in sorted(table.totals) if name not in AUTOMATIC_METRICS]
    every = [*([primary] if primary else []), *AUTOMATIC_METRICS.values(), *recorded]
    results = [
        _compare_primary(experiment, phase, table, metric)
        if primary is not None and metric.id == primary.id
        else _compare_metric(table, metric)
        for metric in {metric.id: metric for metric in reversed(every)}.values()
    ]
    order = [metric.id for metric in every]
    return sorted(results, key=lambda result: order.index(result.metric.id))


def _compare_metric(table: UserTable, metric: Metric) -> MetricResult:
    comparison = table.compare(metric.id)
    return MetricResult(metric, comparison, judge_users(metric, comparison), is_primary=False)


def _compare_primary(
    experiment: Experiment, phase: ExperimentPhase, table: UserTable, metric: Metric
) -> MetricResult:
    """Judge the primary metric by planned looks where there is a planned end, else at any time."""
    looks = take_planned_looks(experiment, phase, table, metric.id)
    if looks is not None:
        return MetricResult(metric, looks.comparison, judge_planned_looks(metric, looks), True, looks)
    comparison = table.compare(metric.id, float(experiment.smallest_effect))
    return MetricResult(metric, comparison, judge_users(metric, comparison), is_primary=True)


def _judge(experiment: Experiment, evidence: Disagreements, metrics: list[MetricResult]) -> Verdict:
    if experiment.primary_metric == ACCURACY:
        return judge_accuracy(experiment, evidence)
    return metrics[0].verdict


def _read_segments(experiment: Experiment, phase: ExperimentPhase, evidence: Disagreements) -> list[Segment]:
    """Return the arms by profile, kind and script, the largest first."""
    predictions = select_phase_predictions(experiment, phase).order_by()
    wins = evidence.count_by_segment()
    fields = {"profile": "profile", "kind": "kind", "script": "traits__script"}
    segments = []
    for name, column in fields.items():
        rows = predictions.values_list(column, "variant").annotate(
            count=Count("pk"), review=Count("pk", filter=Q(verdict=VerdictChoice.REVIEW))
        )
        counts = {(value or "unknown", arm): (count, review) for value, arm, count, review in rows}
        values = dict.fromkeys([*(value for value, _ in counts), *wins[name]])
        segments += [_build_segment(name, value, counts, wins[name]) for value in values]
    return segments


def _build_segment(
    name: str,
    value: str,
    counts: Mapping[tuple[str, str], tuple[int, int]],
    wins: Mapping[str, tuple[int, int]],
) -> Segment:
    (count_a, review_a), (count_b, review_b) = (counts.get((value, arm), (0, 0)) for arm in (Arm.A, Arm.B))
    shares = review_a / max(count_a, 1), review_b / max(count_b, 1)
    return Segment(name, value, (count_a, count_b), shares, *wins.get(value, (0, 0)))


def _build_chart(
    experiment: Experiment, table: UserTable, evidence: Disagreements, looks: PlannedLooks | None
) -> ChartSeries:
    days = table.days[-MAX_CHART_DAYS:]
    metric = get_primary_metric(experiment)
    if metric is None:
        values: list[float | None] = [min(value, 1e6) for value in evidence.list_daily_e_values(days)]
        return ChartSeries(gettext("Evidence (e-value)"), days, values, threshold=20.0, is_logarithmic=True)
    every = _list_bounds(experiment, table, metric, looks)
    days, bounds = table.days[: len(every)][-MAX_CHART_DAYS:], every[-MAX_CHART_DAYS:]
    return ChartSeries(
        gettext("{title}: B minus A").format(title=gettext(metric.title)),
        days,
        [bound.estimate if bound else None for bound in bounds],
        [bound.low if bound else None for bound in bounds],
        [bound.high if bound else None for bound in bounds],
    )


def _list_bounds(
    experiment: Experiment, table: UserTable, metric: Metric, looks: PlannedLooks | None
) -> list[Interval | None]:
    """Return the interval of the difference at the end of each day, or at each planned look."""
    if looks is not None:
        pairs = zip(looks.comparisons, looks.intervals, strict=True)
        return [bound if result and result.has_enough_users else None for result, bound in pairs]
    effect = float(experiment.smallest_effect)
    compared = [table.compare(metric.id, effect, at) for at in range(len(table.days))]
    return [result.difference if result and result.has_enough_users else None for result in compared]


def describe_results(results: ExperimentResults) -> dict[str, Any]:
    """Return the results as JSON: what the API, the JSON file and the PDF state."""
    row, evidence = results.experiment, results.evidence
    return {
        "experiment": describe_experiment(row),
        "phase": _describe_phase(results.phase),
        "phases": [_describe_phase(phase) for phase in row.phases.all()],
        "verdict": {"state": results.verdict.state.value, "sentence": results.verdict.sentence},
        "split": {
            "users_a": results.split.users_a,
            "users_b": results.split.users_b,
            "p_value": results.split.p_value,
            "state": _get_split_state(results.split),
        },
        "accuracy": evidence
        and {
            "scored": evidence.scored,
            "disagreements": evidence.found,
            "reviewed": len(evidence.reviewed),
            "b_is_right": evidence.wins,
            "e_value": min(evidence.e_value, 1e12),
        },
        "metrics": [_describe_metric(result) for result in results.metrics],
        "guardrails": [status.__dict__ for status in results.guardrails],
        "segments": [_describe_segment(segment) for segment in results.segments],
    }


def describe_experiment(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as JSON, as the API lists it."""
    return {
        "id": str(experiment.pk),
        "name": experiment.name,
        "hypothesis": experiment.hypothesis,
        "profile": experiment.profile,
        "model_a": str(experiment.model_a),
        "model_b": str(experiment.model_b),
        "primary_metric": experiment.recorded_metric or experiment.primary_metric,
        "traffic_split": float(experiment.traffic_split),
        "enrolled_share": float(experiment.enrolled_share),
        "phase": experiment.phase,
        "status": experiment.status,
        "start_date": experiment.start_date and experiment.start_date.isoformat(),
        "planned_end": experiment.planned_end and experiment.planned_end.isoformat(),
        "end_date": experiment.end_date and experiment.end_date.isoformat(),
        "conclusion": experiment.conclusion,
    }


def _describe_phase(phase: ExperimentPhase) -> dict[str, Any]:
    return {
        "number": phase.number,
        "traffic_split": float(phase.traffic_split),
        "enrolled_share": float(phase.enrolled_share),
        "started_at": phase.started_at.isoformat(),
        "ended_at": phase.ended_at and phase.ended_at.isoformat(),
    }


def _get_split_state(split: SampleRatioCheck) -> str:
    return "mismatch" if split.is_mismatch else "as planned" if split.has_enough_users else "too few users"


def _describe_metric(result: MetricResult) -> dict[str, Any]:
    compared = result.comparison
    arms = {"a": compared and compared.a, "b": compared and compared.b}
    return {
        "metric": result.metric.id,
        "title": result.metric.title,
        "unit": result.metric.unit.value,
        "is_primary": result.is_primary,
        **{f"users_{arm}": summary.users if summary else 0 for arm, summary in arms.items()},
        **{arm: _describe_interval(summary and summary.interval) for arm, summary in arms.items()},
        "difference": _describe_interval(compared and compared.difference),
        "lift": _describe_interval(compared and compared.lift),
        "variance_removed": compared.variance_removed if compared else 0.0,
        "state": result.verdict.state.value,
    }


def _describe_interval(interval: Any) -> dict[str, float] | None:
    return interval and {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def _describe_segment(segment: Segment) -> dict[str, Any]:
    return {
        **segment.__dict__,
        "predictions": list(segment.predictions),
        "review_shares": list(segment.review_shares),
    }
