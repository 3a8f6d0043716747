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

from feedback import autopilot, monitoring
from feedback.models import Feedback
from feedback.retraining import retrain_queued
from feedback.services import collect
from feedback.simulation.people import Cast, Desk
from feedback.simulation.traffic import POOL, STRICTER, Traffic, truth
from matching import engine, sampling, starting_model
from matching.corpus import LabelledPair
from matching.engine import Scorer
from matching.models import Prediction
from matching.observation import build_sample, snapshot_comparison
from matching.pairs import compute_pair_digest
from matching.questions import CompareRequest
from matching.sampling import SamplingPolicy
from matching.services import ScoredRequest, build_scorer, draft_comparison
from matching.working import build_cached_comparison
from modelops import services
from modelops.models import EVERY_PROFILE, Deployment, ServingRole, TrainingRun
from modelops.serving.loader import Fleet, Loader
from modelops.watch_models import DEFAULTS, DriftReport, Reference
from modelops.watching import limits, reporting
from modelops.watching.reporting import HOUR
from modelops.watching.windows import Slice

PROFILE = "general"
_WARM_UP = 1_600
_OVERRIDE = "The guideline has changed: what the old one called immaterial must change."

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is simulated. Shares in [0, 1].

    It ends when trainings have used so many ``corrections``: labels about answers since the new guideline.
    All limits are as shipped, unless a small simulation is given two smaller ones.
    """

    seed: int = 20
    per_hour: int = 400
    quiet_hours: int = 3
    shifted_hours: int = 3
    corrections: int = 1_000
    feedback_limit: int = int(DEFAULTS["feedback"][0])
    cooldown_hours: int = int(DEFAULTS["cooldown_hours"][0])
    most_hours: int = 96
    reviewers_err: float = 0.03
    clients_object: float = 0.5
    audit_share: float = 0.10
    corpus_size: int = 12_000
    measured_on: int = 2_000
    pool: int = POOL


@dataclass
class Outcome:
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


def simulate(plan: Plan, say: Say) -> Outcome:
    """Run the plan and return what became of it; nothing of it stays."""
    began = time.perf_counter()
    with _own_registry(), _own_policy(plan), transaction.atomic():
        outcome = _Run(plan, say).whole()
        transaction.set_rollback(True)
    outcome.seconds = round(time.perf_counter() - began, 1)
    return outcome


class _Run:
    """The state of one simulation."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan, self.say, self.outcome = plan, say, Outcome()
        starting_model.install_shipped_model()
        self.cast = Cast.hired(uuid4().hex[:8])
        dice = random.Random(plan.seed)  # noqa: S311 - a simulation
        self.desk = Desk(self.cast, plan.reviewers_err, dice)
        self.traffic = Traffic(plan.seed, plan.pool)
        self.loader: Loader[Scorer] = Loader(build_scorer)
        self.fleet = self.loader.refresh()
        self.reserve = self.traffic.reserve(plan.measured_on)
        self.at = timezone.now().replace(minute=0, second=0, microsecond=0) + monitoring.DAY
        self.truths: dict[UUID, bool] = {}
        for name, value in (("feedback", plan.feedback_limit), ("cooldown_hours", plan.cooldown_hours)):
            if value != DEFAULTS[name][0]:
                limits.change(name, Decimal(value), self.cast.engineer, "traffic of this size")
        self.stricter_since: datetime | None = None

    def whole(self) -> Outcome:
        """Live through all phases."""
        self._warm_up()
        self.outcome.accuracy_before = self._measure(stricter=False)
        self._hours(self.plan.quiet_hours, "quiet")
        self._hours(self.plan.shifted_hours, "shifted")
        self.outcome.retrainings_without_error = self.outcome.retrainings
        drifted = DriftReport.objects.filter(drifted=True, end__gt=timezone.now())
        self.outcome.drift_reports_without_error = drifted.count()
        self.desk.rewrite(STRICTER)
        self.stricter_since = self.at
        self.outcome.accuracy_drifted = self._measure(stricter=True)
        self._hours(self.plan.most_hours, "stricter", until=self.plan.corrections)
        self.outcome.accuracy_after = self._measure(stricter=True)
        self.outcome.recovered_share = self._recovered(self.outcome.accuracy_after)
        return self.outcome

    def _recovered(self, accuracy: float) -> float:
        lost = self.outcome.accuracy_before - self.outcome.accuracy_drifted
        return round((accuracy - self.outcome.accuracy_drifted) / lost, 4) if lost > 0 else 0.0

    def _hours(self, n: int, phase: str, until: int | None = None) -> None:
        for _ in range(n):
            self._hour(phase)
            if until is not None and self.outcome.corrections >= until:
                return

    def _hour(self, phase: str) -> None:
        """One hour: answers, objections, reviews, the look, the decision, and a promotion if there is one."""
        pairs = self.traffic.hour(self.plan.per_hour, shifted=phase == "shifted")
        answers = self._answer(pairs)
        objected = self.desk.object_to(answers, self.truths, self.plan.clients_object)
        collect()
        decisions = self.desk.work(self.truths)
        self._date(answers)
        _analyse()
        right = sum(answer.prediction == self.truths[answer.pk] for answer in answers) / len(answers)
        monitoring.hourly(self.at)
        self.at += HOUR
        trained_before = self.outcome.retrainings
        event = self._decide()
        self._count()
        if self.outcome.retrainings > trained_before:
            self._note_training(event)
        row = {"hour": self.outcome.hours, "phase": phase, "accuracy": round(right, 4), "event": event}
        self.outcome.history.append(row | {"decisions": decisions, "objections": len(objected)})
        self.outcome.hours += 1
        self.say(f"hour {row['hour']:>3} {phase:<8} accuracy {right:6.1%} {decisions:>4} reviews  {event}")

    def _answer(self, pairs: Sequence[LabelledPair]) -> list[Prediction]:
        fleet = self.fleet
        answers = [self._stored(fleet, pair) for pair in pairs]
        self.truths |= {
            answer.pk: truth(pair, self.stricter_since is not None)
            for answer, pair in zip(answers, pairs, strict=True)
        }
        return Prediction.objects.bulk_create(answers)

    def _stored(self, fleet: Fleet[Scorer], pair: LabelledPair) -> Prediction:
        served = fleet.champion(PROFILE)
        question = CompareRequest(pair.left, pair.right, PROFILE, pair.kind)
        said = engine.compare(pair.left, pair.right, PROFILE, pair.kind, scorer=served.scorer)
        worked = build_cached_comparison(said, compute_pair_digest(pair.left, pair.right))
        scored = ScoredRequest(question, worked, served, None, fleet.generation, False, time.perf_counter())
        return draft_comparison(self.cast.client, scored).prediction

    def _date(self, answers: Sequence[Prediction]) -> None:
        """Move what was written just now into the simulated hour."""
        keys = [answer.pk for answer in answers]
        Prediction.objects.filter(pk__in=keys).update(created_at=self.at + HOUR / 2)
        Feedback.objects.filter(prediction__in=keys).update(created_at=self.at + HOUR * 0.7)

    def _decide(self) -> str:
        decision = autopilot.decide(self.at, {"corpus_size": self.plan.corpus_size}, self.at.hour == 2)
        if not decision.train:
            return "" if decision.because.startswith("No condition") else decision.because[:60]
        run = retrain_queued()
        if run is None or run.model is None:
            raise RuntimeError("the decided run did not make a model")
        TrainingRun.objects.filter(pk=run.pk).update(created_at=self.at)
        self.outcome.retrainings += 1
        if self.outcome.hours_to_first_retraining is None and self.stricter_since:
            self.outcome.hours_to_first_retraining = round((self.at - self.stricter_since) / HOUR)
        shadow = autopilot.settle(run)
        self._approve(run)
        return f"trained ({decision.because.split(':')[0]}), {'shadow, ' if shadow else ''}approved"

    def _note_training(self, event: str) -> None:
        """Measure what a training brought, beside the corrections used so far."""
        accuracy = self._measure(stricter=self.stricter_since is not None)
        row = {"hour": self.outcome.hours, "event": event, "corrections": self.outcome.corrections}
        share = self._recovered(accuracy) if self.stricter_since else None
        self.outcome.trainings.append(row | {"accuracy": accuracy, "recovered_share": share})

    def _approve(self, run: TrainingRun) -> Deployment:
        """Two people make the candidate champion: the only human step of the loop."""
        model = run.model
        if model is None:
            raise RuntimeError("a run without a model cannot be approved")
        asked = services.request_promotion(
            model, EVERY_PROFILE, ServingRole.CHAMPION, "learnt the new guideline", self.cast.engineer
        )
        red = [gate for gate in asked.gates if gate["state"] == "red"]
        self.outcome.overrides += bool(red)
        deployment = services.approve(asked, self.cast.approver, _OVERRIDE if red else "")
        self.outcome.approvals += 1
        self.fleet = self.loader.refresh()
        return deployment

    def _count(self) -> None:
        """Count the labels about answers since the new guideline that a training has used."""
        if self.stricter_since:
            labels = Feedback.objects.for_training().filter(prediction__created_at__gte=self.stricter_since)
            self.outcome.corrections = labels.filter(processed=True).count()

    def _measure(self, stricter: bool) -> float:
        scorer = self.fleet.champion(PROFILE).scorer
        right = sum(
            engine.compare(pair.left, pair.right, PROFILE, pair.kind, scorer=scorer).prediction
            == truth(pair, stricter)
            for pair in self.reserve
        )
        return round(right / len(self.reserve), 4)

    def _warm_up(self) -> None:
        """Freeze the reference on traffic of the usual mix, as an installation in use would have."""
        served = self.fleet.champion(PROFILE)
        version = monitoring.champions()[0]
        pairs = self.traffic.hour(_WARM_UP)
        for kind in engine.Kind:
            said = [
                snapshot_comparison(
                    engine.compare(pair.left, pair.right, PROFILE, kind, scorer=served.scorer)
                )
                for pair in pairs
                if pair.kind == kind
            ]
            of = Slice(version, PROFILE, kind.value)
            reporting.freeze(of, build_sample(kind.value, said), Reference.Origin.TRAFFIC)


def _analyse() -> None:
    """Tell the planner how large the tables have become: nobody else can look into this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE predictions, review_items, feedback, audit_events")


@contextmanager
def _own_registry() -> Iterator[None]:
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
def _own_policy(plan: Plan) -> Iterator[None]:
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
