"""One simulated history: quiet hours, a shift without error, a new guideline, and the way back.

Everything happens in one transaction that is rolled back, with a registry of its own, so that a simulation
leaves no trace and tells no other process of its models. Rows are written by the real services and then dated
into simulated hours of the future.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from feedback.models import Feedback
from feedback.monitoring import performance
from feedback.retraining import policy
from feedback.retraining.pipeline import retrain_queued
from feedback.review.enqueueing import enqueue_sampled_predictions
from feedback.simulation.reviewers import SimulatedReviewers, SimulatedUsers
from feedback.simulation.traffic import POOL_SIZE, STRICTER_CATEGORIES, SimulatedTraffic, is_truly_material
from matching import engine
from matching.compare import sampling
from matching.compare.request import CompareRequest
from matching.compare.result import compute_result
from matching.compare.sampling import SamplingPolicy
from matching.compare.service import ServingVersion, draft_prediction
from matching.engine import Scorer
from matching.models import Prediction
from matching.monitoring.feature_snapshot import build_sample, snapshot_comparison
from matching.serving import starting_model
from matching.serving.live_models import build_scorer
from matching.training.synthetic import LabelledPair
from modelops.deployment import promotion
from modelops.models import (
    EVERY_PROFILE,
    THRESHOLD_DEFAULTS,
    Deployment,
    DriftReport,
    Reference,
    ServingRole,
    TrainingRun,
)
from modelops.monitoring import reporting, thresholds
from modelops.monitoring.reporting import HOUR
from modelops.monitoring.windows import TrafficSlice
from modelops.serving.loader import LiveModels, ModelLoader

PROFILE = "general"
_WARM_UP_ANSWERS = 1_600
_OVERRIDE_REASON = "The guideline has changed: what the old one called immaterial must change."

WriteLine = Callable[[str], None]


@dataclass(frozen=True)
class SimulationPlan:
    """What is simulated. Shares in [0, 1].

    It ends when trainings have used so many ``corrections``: labels about answers since the new guideline.
    All limits are as shipped, unless a small simulation is given two smaller ones.
    """

    seed: int = 20
    per_hour: int = 400
    quiet_hours: int = 3
    shifted_hours: int = 3
    corrections: int = 1_000
    feedback_limit: int = int(THRESHOLD_DEFAULTS["feedback"][0])
    cooldown_hours: int = int(THRESHOLD_DEFAULTS["cooldown_hours"][0])
    max_hours: int = 96
    reviewers_err: float = 0.03
    objection_rate: float = 0.5
    audit_share: float = 0.10
    corpus_size: int = 12_000
    holdout_size: int = 2_000
    pool_size: int = POOL_SIZE


@dataclass
class SimulationResult:
    """What became of it: true accuracies on reserved pairs, counts, and the hourly history for a plot."""

    accuracy_before: float = 0.0
    accuracy_drifted: float = 0.0
    accuracy_after: float = 0.0
    recovered_share: float = 0.0
    corrections: int = 0
    retrainings: int = 0
    approvals: int = 0
    hours: int = 0
    hours_to_first_retraining: int | None = None
    drift_reports_without_error: int = 0
    retrainings_without_error: int = 0
    overrides: int = 0
    seconds: float = 0.0
    trainings: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)


def simulate(plan: SimulationPlan, say: WriteLine) -> SimulationResult:
    """Run the plan and return what became of it; nothing of it stays."""
    began = time.perf_counter()
    with _use_temporary_registry(), _use_plan_policy(plan), transaction.atomic():
        outcome = _Simulation(plan, say).run()
        transaction.set_rollback(True)
    outcome.seconds = round(time.perf_counter() - began, 1)
    return outcome


class _Simulation:
    """The state of one simulation."""

    def __init__(self, plan: SimulationPlan, say: WriteLine) -> None:
        self.plan, self.write_line, self.outcome = plan, say, SimulationResult()
        starting_model.install_shipped_model()
        self.users = SimulatedUsers.create(uuid4().hex[:8])
        dice = random.Random(plan.seed)  # noqa: S311 - a simulation
        self.reviewers = SimulatedReviewers(self.users, plan.reviewers_err, dice)
        self.traffic = SimulatedTraffic(plan.seed, plan.pool_size)
        self.loader: ModelLoader[Scorer] = ModelLoader(build_scorer)
        self.fleet = self.loader.refresh()
        self.holdout = self.traffic.draw_holdout(plan.holdout_size)
        self.current_hour = timezone.now().replace(minute=0, second=0, microsecond=0) + performance.DAY
        self.truths: dict[UUID, bool] = {}
        for name, value in (("feedback", plan.feedback_limit), ("cooldown_hours", plan.cooldown_hours)):
            if value != THRESHOLD_DEFAULTS[name][0]:
                thresholds.change_threshold(name, Decimal(value), self.users.engineer, "traffic of this size")
        self.stricter_since: datetime | None = None

    def run(self) -> SimulationResult:
        """Live through all phases."""
        self._freeze_references()
        self.outcome.accuracy_before = self._measure_accuracy(stricter=False)
        self._run_phase(self.plan.quiet_hours, "quiet")
        self._run_phase(self.plan.shifted_hours, "shifted")
        self.outcome.retrainings_without_error = self.outcome.retrainings
        drifted = DriftReport.objects.filter(drifted=True, end__gt=timezone.now())
        self.outcome.drift_reports_without_error = drifted.count()
        self.reviewers.publish_stricter_guideline(STRICTER_CATEGORIES)
        self.stricter_since = self.current_hour
        self.outcome.accuracy_drifted = self._measure_accuracy(stricter=True)
        self._run_phase(self.plan.max_hours, "stricter", until=self.plan.corrections)
        self.outcome.accuracy_after = self._measure_accuracy(stricter=True)
        self.outcome.recovered_share = self._compute_recovered_share(self.outcome.accuracy_after)
        return self.outcome

    def _compute_recovered_share(self, accuracy: float) -> float:
        lost = self.outcome.accuracy_before - self.outcome.accuracy_drifted
        return round((accuracy - self.outcome.accuracy_drifted) / lost, 4) if lost > 0 else 0.0

    def _run_phase(self, n: int, phase: str, until: int | None = None) -> None:
        for _ in range(n):
            self._run_hour(phase)
            if until is not None and self.outcome.corrections >= until:
                return

    def _run_hour(self, phase: str) -> None:
        """One hour: answers, objections, reviews, the look, the decision, and a promotion if there is one."""
        pairs = self.traffic.draw_hour(self.plan.per_hour, shifted=phase == "shifted")
        answers = self._answer_pairs(pairs)
        objected = self.reviewers.submit_objections(answers, self.truths, self.plan.objection_rate)
        enqueue_sampled_predictions()
        decisions = self.reviewers.decide_open_items(self.truths)
        self._set_timestamps(answers)
        _analyse_tables()
        right = sum(answer.prediction == self.truths[answer.pk] for answer in answers) / len(answers)
        performance.monitor_hour(self.current_hour)
        self.current_hour += HOUR
        trained_before = self.outcome.retrainings
        event = self._train_if_due()
        self._count_corrections()
        if self.outcome.retrainings > trained_before:
            self._record_training(event)
        row = {"hour": self.outcome.hours, "phase": phase, "accuracy": round(right, 4), "event": event}
        self.outcome.history.append(row | {"decisions": decisions, "objections": len(objected)})
        self.outcome.hours += 1
        self.write_line(
            f"hour {row['hour']:>3} {phase:<8} accuracy {right:6.1%} {decisions:>4} reviews  {event}"
        )

    def _answer_pairs(self, pairs: Sequence[LabelledPair]) -> list[Prediction]:
        fleet = self.fleet
        answers = [self._build_prediction(fleet, pair) for pair in pairs]
        self.truths |= {
            answer.pk: is_truly_material(pair, self.stricter_since is not None)
            for answer, pair in zip(answers, pairs, strict=True)
        }
        return Prediction.objects.bulk_create(answers)

    def _build_prediction(self, fleet: LiveModels[Scorer], pair: LabelledPair) -> Prediction:
        request = CompareRequest(pair.left, pair.right, PROFILE, pair.kind)
        version = ServingVersion(fleet.get_champion(PROFILE), fleet.generation)
        result = compute_result(request, version.model.scorer)
        return draft_prediction(self.users.client, request, version, result, seconds=0)

    def _set_timestamps(self, answers: Sequence[Prediction]) -> None:
        """Move what was written just now into the simulated hour."""
        keys = [answer.pk for answer in answers]
        Prediction.objects.filter(pk__in=keys).update(created_at=self.current_hour + HOUR / 2)
        Feedback.objects.filter(prediction__in=keys).update(created_at=self.current_hour + HOUR * 0.7)

    def _train_if_due(self) -> str:
        decision = policy.decide_training(
            self.current_hour, {"corpus_size": self.plan.corpus_size}, self.current_hour.hour == 2
        )
        if not decision.train:
            return "" if decision.because.startswith("No condition") else decision.because[:60]
        run = retrain_queued()
        if run is None or run.model is None:
            raise RuntimeError("the decided run did not make a model")
        TrainingRun.objects.filter(pk=run.pk).update(created_at=self.current_hour)
        self.outcome.retrainings += 1
        if self.outcome.hours_to_first_retraining is None and self.stricter_since:
            self.outcome.hours_to_first_retraining = round((self.current_hour - self.stricter_since) / HOUR)
        shadow = policy.deploy_candidate_as_shadow(run)
        self._promote_candidate(run)
        return f"trained ({decision.because.split(':')[0]}), {'shadow, ' if shadow else ''}approved"

    def _record_training(self, event: str) -> None:
        """Measure what a training brought, beside the corrections used so far."""
        accuracy = self._measure_accuracy(stricter=self.stricter_since is not None)
        row = {"hour": self.outcome.hours, "event": event, "corrections": self.outcome.corrections}
        share = self._compute_recovered_share(accuracy) if self.stricter_since else None
        self.outcome.trainings.append(row | {"accuracy": accuracy, "recovered_share": share})

    def _promote_candidate(self, run: TrainingRun) -> Deployment:
        """Two people make the candidate champion: the only human step of the loop."""
        model = run.model
        if model is None:
            raise RuntimeError("a run without a model cannot be approved")
        asked = promotion.request_promotion(
            model, EVERY_PROFILE, ServingRole.CHAMPION, "learnt the new guideline", self.users.engineer
        )
        red = [gate for gate in asked.gates if gate["state"] == "red"]
        self.outcome.overrides += bool(red)
        deployment = promotion.approve_promotion(asked, self.users.approver, _OVERRIDE_REASON if red else "")
        self.outcome.approvals += 1
        self.fleet = self.loader.refresh()
        return deployment

    def _count_corrections(self) -> None:
        """Count the labels about answers since the new guideline that a training has used."""
        if self.stricter_since:
            labels = Feedback.objects.for_training().filter(prediction__created_at__gte=self.stricter_since)
            self.outcome.corrections = labels.filter(processed=True).count()

    def _measure_accuracy(self, stricter: bool) -> float:
        scorer = self.fleet.get_champion(PROFILE).scorer
        right = sum(
            engine.compare(pair.left, pair.right, PROFILE, pair.kind, scorer=scorer).prediction
            == is_truly_material(pair, stricter)
            for pair in self.holdout
        )
        return round(right / len(self.holdout), 4)

    def _freeze_references(self) -> None:
        """Freeze the reference on traffic of the usual mix, as an installation in use would have."""
        served = self.fleet.get_champion(PROFILE)
        version = performance.list_champions()[0]
        pairs = self.traffic.draw_hour(_WARM_UP_ANSWERS)
        for kind in engine.Kind:
            said = [
                snapshot_comparison(
                    engine.compare(pair.left, pair.right, PROFILE, kind, scorer=served.scorer)
                )
                for pair in pairs
                if pair.kind == kind
            ]
            of = TrafficSlice(version, PROFILE, kind.value)
            reporting.store_reference(of, build_sample(kind.value, said), Reference.Origin.TRAFFIC)


def _analyse_tables() -> None:
    """Tell the planner how large the tables have become: nobody else can look into this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE predictions, review_items, feedback, audit_events")


@contextmanager
def _use_temporary_registry() -> Iterator[None]:
    """Let MLflow write into a folder that is thrown away."""
    before = settings.MLFLOW_TRACKING_URI, settings.MLFLOW_ARTIFACT_ROOT
    with tempfile.TemporaryDirectory() as folder:
        settings.MLFLOW_TRACKING_URI = f"sqlite:///{Path(folder, 'mlflow.db')}"
        settings.MLFLOW_ARTIFACT_ROOT = str(Path(folder, "artifacts"))
        try:
            yield
        finally:
            settings.MLFLOW_TRACKING_URI, settings.MLFLOW_ARTIFACT_ROOT = before


@contextmanager
def _use_plan_policy(plan: SimulationPlan) -> Iterator[None]:
    """Draw by the plan's shares and dice for as long as it runs."""
    before = sampling.get_policy()
    random.seed(plan.seed)
    sampling.cache_policy(
        SamplingPolicy(audit=plan.audit_share, second=0.1, gold=0.0), timedelta(days=1).total_seconds()
    )
    try:
        yield
    finally:
        sampling.cache_policy(before, 0)
