"""Simulation of the feedback loop: quiet hours, a shift without error, a new guideline, and the recovery.

The simulation runs in one transaction that is rolled back and uses a temporary model registry, so it leaves
no rows and other processes never load its models. The real services write the rows; their timestamps are then
moved into simulated hours in the future.
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
    """Parameters of a simulation; rates and shares are in [0, 1].

    The simulation ends when trainings have used ``corrections`` labels about predictions made since the new
    guideline, or after ``max_hours`` under it. All thresholds have their default values; a small simulation
    may lower ``feedback_limit`` and ``cooldown_hours``.
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
    """Result of a simulation: true accuracies on held-out pairs, counts, and the hourly history."""

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
        """Return the result as a JSON-serialisable dictionary."""
        return asdict(self)


def simulate(plan: SimulationPlan, say: WriteLine) -> SimulationResult:
    """Run the plan and return its result; all database changes are rolled back."""
    started = time.perf_counter()
    with _use_temporary_registry(), _use_plan_policy(plan), transaction.atomic():
        outcome = _Simulation(plan, say).run()
        transaction.set_rollback(True)
    outcome.seconds = round(time.perf_counter() - started, 1)
    return outcome


class _Simulation:
    """The state of one simulation."""

    def __init__(self, plan: SimulationPlan, say: WriteLine) -> None:
        self.plan, self.write_line, self.outcome = plan, say, SimulationResult()
        starting_model.install_shipped_model()
        self.users = SimulatedUsers.create(uuid4().hex[:8])
        rng = random.Random(plan.seed)  # noqa: S311 - a simulation
        self.reviewers = SimulatedReviewers(self.users, plan.reviewers_err, rng)
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
        """Run all phases and return the result."""
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
        """Run one hour: predictions, objections, reviews, monitoring, training decision, promotion if due."""
        pairs = self.traffic.draw_hour(self.plan.per_hour, shifted=phase == "shifted")
        predictions = self._answer_pairs(pairs)
        objected = self.reviewers.submit_objections(predictions, self.truths, self.plan.objection_rate)
        enqueue_sampled_predictions()
        decisions = self.reviewers.decide_open_items(self.truths)
        self._set_timestamps(predictions)
        _analyse_tables()
        correct = sum(row.prediction == self.truths[row.pk] for row in predictions)
        accuracy = correct / len(predictions)
        performance.monitor_hour(self.current_hour)
        self.current_hour += HOUR
        trained_before = self.outcome.retrainings
        event = self._train_if_due()
        self._count_corrections()
        if self.outcome.retrainings > trained_before:
            self._record_training(event)
        row = {"hour": self.outcome.hours, "phase": phase, "accuracy": round(accuracy, 4), "event": event}
        self.outcome.history.append(row | {"decisions": decisions, "objections": len(objected)})
        self.outcome.hours += 1
        self.write_line(
            f"hour {row['hour']:>3} {phase:<8} accuracy {accuracy:6.1%} {decisions:>4} reviews  {event}"
        )

    def _answer_pairs(self, pairs: Sequence[LabelledPair]) -> list[Prediction]:
        fleet = self.fleet
        predictions = [self._build_prediction(fleet, pair) for pair in pairs]
        self.truths |= {
            prediction.pk: is_truly_material(pair, self.stricter_since is not None)
            for prediction, pair in zip(predictions, pairs, strict=True)
        }
        return Prediction.objects.bulk_create(predictions)

    def _build_prediction(self, fleet: LiveModels[Scorer], pair: LabelledPair) -> Prediction:
        request = CompareRequest(pair.left, pair.right, PROFILE, pair.kind)
        version = ServingVersion(fleet.get_champion(PROFILE), fleet.generation)
        result = compute_result(request, version.model.scorer)
        return draft_prediction(self.users.client, request, version, result, seconds=0)

    def _set_timestamps(self, predictions: Sequence[Prediction]) -> None:
        """Move the new predictions and their feedback into the simulated hour."""
        keys = [prediction.pk for prediction in predictions]
        Prediction.objects.filter(pk__in=keys).update(created_at=self.current_hour + HOUR / 2)
        Feedback.objects.filter(prediction__in=keys).update(created_at=self.current_hour + HOUR * 0.7)

    def _train_if_due(self) -> str:
        decision = policy.decide_training(
            self.current_hour, {"corpus_size": self.plan.corpus_size}, self.current_hour.hour == 2
        )
        if not decision.should_train:
            return "" if decision.reason.startswith("No condition") else decision.reason[:60]
        run = retrain_queued()
        if run is None or run.model is None:
            raise RuntimeError("the decided run did not make a model")
        TrainingRun.objects.filter(pk=run.pk).update(created_at=self.current_hour)
        self.outcome.retrainings += 1
        if self.outcome.hours_to_first_retraining is None and self.stricter_since:
            self.outcome.hours_to_first_retraining = round((self.current_hour - self.stricter_since) / HOUR)
        shadow = policy.deploy_candidate_as_shadow(run)
        self._promote_candidate(run)
        return f"trained ({decision.reason.split(':')[0]}), {'shadow, ' if shadow else ''}approved"

    def _record_training(self, event: str) -> None:
        """Record the true accuracy after a training and the corrections used so far."""
        accuracy = self._measure_accuracy(stricter=self.stricter_since is not None)
        row = {"hour": self.outcome.hours, "event": event, "corrections": self.outcome.corrections}
        share = self._compute_recovered_share(accuracy) if self.stricter_since else None
        self.outcome.trainings.append(row | {"accuracy": accuracy, "recovered_share": share})

    def _promote_candidate(self, run: TrainingRun) -> Deployment:
        """Promote the candidate to champion with two users: the only human step of the loop."""
        model = run.model
        if model is None:
            raise RuntimeError("a run without a model cannot be approved")
        promotion_request = promotion.request_promotion(
            model, EVERY_PROFILE, ServingRole.CHAMPION, "learnt the new guideline", self.users.engineer
        )
        red = [gate for gate in promotion_request.gates if gate["state"] == "red"]
        self.outcome.overrides += bool(red)
        deployment = promotion.approve_promotion(
            promotion_request, self.users.approver, _OVERRIDE_REASON if red else ""
        )
        self.outcome.approvals += 1
        self.fleet = self.loader.refresh()
        return deployment

    def _count_corrections(self) -> None:
        """Count the labels used by trainings that are about predictions made since the new guideline."""
        if self.stricter_since:
            labels = Feedback.objects.for_training().filter(prediction__created_at__gte=self.stricter_since)
            self.outcome.corrections = labels.filter(processed=True).count()

    def _measure_accuracy(self, stricter: bool) -> float:
        scorer = self.fleet.get_champion(PROFILE).scorer
        correct = sum(
            engine.compare(pair.left, pair.right, PROFILE, pair.kind, scorer=scorer).prediction
            == is_truly_material(pair, stricter)
            for pair in self.holdout
        )
        return round(correct / len(self.holdout), 4)

    def _freeze_references(self) -> None:
        """Store reference distributions on traffic of the usual mix, as in production."""
        champion = self.fleet.get_champion(PROFILE)
        version = performance.list_champions()[0]
        pairs = self.traffic.draw_hour(_WARM_UP_ANSWERS)
        for kind in engine.Kind:
            snapshots = [
                snapshot_comparison(
                    engine.compare(pair.left, pair.right, PROFILE, kind, scorer=champion.scorer)
                )
                for pair in pairs
                if pair.kind == kind
            ]
            traffic_slice = TrafficSlice(version, PROFILE, kind.value)
            reporting.store_reference(
                traffic_slice, build_sample(kind.value, snapshots), Reference.Origin.TRAFFIC
            )


def _analyse_tables() -> None:
    """Update the planner statistics; autovacuum cannot see rows of this uncommitted transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE predictions, review_items, feedback, audit_events")


@contextmanager
def _use_temporary_registry() -> Iterator[None]:
    """Point MLflow at a temporary directory that is deleted afterwards."""
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
    """Use the sampling policy and random seed of the plan; restore the policy afterwards."""
    before = sampling.get_policy()
    random.seed(plan.seed)
    sampling.cache_policy(
        SamplingPolicy(audit=plan.audit_share, second=0.1, gold=0.0), timedelta(days=1).total_seconds()
    )
    try:
        yield
    finally:
        sampling.cache_policy(before, 0)
