"""Two months of an installation, told day by day through the real services under a clock that is set back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import time_machine
from django.utils import timezone

from accounts.audit import anchor, trail
from accounts.models import User
from analytics.experiments.forecast import forecast_experiment
from analytics.experiments.results import get_experiment_results
from analytics.rollup import roll_up_new_hours
from experiments import services as experiments
from experiments.models import Experiment
from feedback.guideline.service import get_guideline_in_force
from feedback.models import ReviewItem, ReviewStage
from feedback.monitoring import performance
from feedback.retraining import policy
from feedback.retraining.pipeline import retrain
from feedback.review import queue
from feedback.review.decisions import (
    revise_decision,
    submit_client_feedback,
    submit_decision,
)
from feedback.review.enqueueing import enqueue_sampled_predictions
from feedback.review.gold import KnownAnswer, add_gold_item
from feedback.simulation.traffic import SimulatedTraffic, is_truly_material
from matching.compare.request import CompareRequest
from matching.compare.sampling import SamplingPolicy, update_policy
from matching.compare.service import compare_batch
from matching.engine import EngineError
from matching.jobs import service as job_service
from matching.jobs import worker
from matching.jobs.service import JobOptions
from matching.jobs.upload_handler import Upload
from matching.models import Prediction, VerdictChoice
from matching.rescoring import replay
from matching.rescoring.shadow import score_new_predictions
from matching.serving.live_models import get_model_loader
from matching.training.synthetic import LabelledPair
from modelops.alerting.alerts import acknowledge_alert
from modelops.alerting.heartbeats import MONITOR_JOB
from modelops.deployment.promotion import approve_promotion, request_promotion
from modelops.job_runs import run_once
from modelops.models import EVERY_PROFILE, Alert, Deployment, ModelVersion, ServingRole
from tests.demo.people import DemoUsers

DAYS = 60
_FIRST_TRAINING_DAY = 24
_SECOND_TRAINING_DAY = 44
_FIRST_EXPERIMENT_DAY = 30
_CONCLUSION_DAY = 43
_EXPERIMENT_DAY = 48
_COMPARED_PAIRS = 150
"""Additional pairs a day while an experiment runs, so that its versions disagree on some."""

_DRIFT_DAYS = 3
_DRIFTING_PAIRS = 700
"""Pairs a day of a new client whose names carry abbreviated legal forms: enough for a drift report."""

_OPEN_DAYS = 2
"""Days at the end whose review items stay open, so that the queue has something to show."""

_PROFILE_WEIGHTS = {
    "general": 40,
    "kyc": 20,
    "contract": 12,
    "ucc": 10,
    "sanctions": 8,
    "lc": 6,
    "strict": 4,
}
_BUSY_HOURS = (9, 14)
_POOL_SIZE = 10_000
_CORPUS_SIZE = 2_000
_REVIEWER_ERROR_RATE = 0.05
_OBJECTION_RATE = 0.6
_REASONS = (
    "The register shows both spellings for this company.",
    "Checked against the certificate of incorporation.",
    "Two different entries in the register.",
    "The form differs; the client has to say which company is meant.",
    "The passport shows the full middle name.",
    "Same person by date of birth in our file.",
)
_GOLD_ITEMS = (
    ("Larkspur Shipping, Inc.", "Larkspur Shipping Incorporated", "general", False),
    ("Juniper Fund II LP", "Juniper Fund III LP", "general", True),
    ("Quince Foods GmbH", "Quince Foods AG", "contract", True),
    ("Marta Rey Solano", "Marta Rey Solano", "kyc", False),
)

ReportProgress = Callable[[str], None]


class DemoStory:
    """The installation as it lives through its two months."""

    def __init__(self, users: DemoUsers, clock: time_machine.Traveller, report: ReportProgress) -> None:
        self._users = users
        self._clock = clock
        self._report = report
        self._rng = random.Random(60)
        self._traffic = SimulatedTraffic(60, _POOL_SIZE)
        self._truths: dict[UUID, bool] = {}

    def run(self, first_day: date) -> None:
        """Live through all days, oldest first."""
        self._set_up()
        for number in range(DAYS):
            self._run_day(number, first_day + timedelta(days=number))
        self._leave_traces_of_today()

    def _set_up(self) -> None:
        sampling = SamplingPolicy(audit=0.06, second=0.2, gold=0.04)
        update_policy(self._users.lead, sampling, "Sampling rates to begin with.")
        for name1, name2, profile, material in _GOLD_ITEMS:
            answer = KnownAnswer(material, "An example of the guideline.")
            add_gold_item(self._users.lead, name1, name2, profile, answer)

    def _run_day(self, number: int, day: date) -> None:
        is_weekend = day.weekday() >= 5
        is_drifting = number >= DAYS - _DRIFT_DAYS
        size = 9 if is_weekend else self._rng.randint(21, 39)
        for hour in _BUSY_HOURS:
            self._set_clock(day, hour)
            self._compare_pairs(self._traffic.draw_hour(size), self._draw_profiles(size))
        if is_drifting:
            pairs = self._traffic.draw_hour(_DRIFTING_PAIRS, shifted=True)
            self._compare_pairs(pairs, ["general"] * len(pairs))
        self._compare_for_experiment(day)
        enqueue_sampled_predictions()
        if number < DAYS - _OPEN_DAYS:
            self._review_items()
        self._pass_milestone(number)
        self._monitor(day)
        if number % 10 == 0:
            self._report(f"{day.isoformat()}: {Prediction.objects.count():,} predictions")

    def _compare_for_experiment(self, day: date) -> None:
        """Send additional pairs while an experiment runs, and let its versions score each other's traffic."""
        if Experiment.objects.running().exists():
            self._set_clock(day, 15)
            self._compare_pairs(self._traffic.draw_hour(_COMPARED_PAIRS), ["general"] * _COMPARED_PAIRS)
        self._set_clock(day, 16)
        score_new_predictions()

    def _pass_milestone(self, number: int) -> None:
        """Train, start or conclude what falls on this day."""
        milestones: dict[int, Callable[[], None]] = {
            _FIRST_TRAINING_DAY: partial(
                self._train_and_promote, "labels of the first weeks", ServingRole.CHAMPION
            ),
            _FIRST_EXPERIMENT_DAY: self._start_first_experiment,
            _CONCLUSION_DAY: self._conclude_experiment,
            _SECOND_TRAINING_DAY: partial(
                self._train_and_promote, "labels since the last training", ServingRole.CHALLENGER
            ),
            _EXPERIMENT_DAY: self._start_second_experiment,
        }
        if number in milestones:
            milestones[number]()

    def _set_clock(self, day: date, hour: int) -> None:
        self._clock.move_to(
            datetime(day.year, day.month, day.day, hour, self._rng.randint(0, 40), tzinfo=UTC)
        )

    def _draw_profiles(self, size: int) -> list[str]:
        return self._rng.choices([*_PROFILE_WEIGHTS], [*_PROFILE_WEIGHTS.values()], k=size)

    def _compare_pairs(self, pairs: list[LabelledPair], profiles: list[str]) -> None:
        """Compare the pairs of an hour for a client drawn by chance, each pair under its profile."""
        client = self._rng.choice(self._users.clients)
        requests = [
            CompareRequest(pair.left, pair.right, profile, pair.kind)
            for pair, profile in zip(pairs, profiles, strict=True)
        ]
        for pair, outcome in zip(pairs, compare_batch(client, requests), strict=True):
            if isinstance(outcome, EngineError):
                continue
            self._truths[outcome.pk] = _find_truth(pair, outcome)
            self._maybe_object(outcome)

    def _maybe_object(self, prediction: Prediction) -> None:
        true = self._truths[prediction.pk]
        is_wrong = prediction.profile == "general" and prediction.prediction != true
        if is_wrong and self._rng.random() < _OBJECTION_RATE:
            text = "Our file says otherwise."
            submit_client_feedback(prediction.user, prediction, true, feedback_text=text)

    def _review_items(self) -> None:
        """Let the reviewers work the queue empty: second reviews and adjudications included."""
        turns = [(user, False) for user in self._users.reviewers] * 2 + [(self._users.lead, True)]
        for reviewer, is_lead in turns:
            while item := ReviewItem.objects.claim(reviewer, timezone.now(), is_lead):
                self._clock.shift(timedelta(seconds=self._rng.randint(12, 140)))
                self._decide(item, reviewer)

    def _decide(self, item: ReviewItem, user: User) -> None:
        guideline, clauses = get_guideline_in_force()
        if guideline is None:
            raise RuntimeError("there is no guideline in force")
        if self._rng.random() < 0.02:
            queue.escalate_item(item, user, "Needs the lead: the two registers disagree.")
            return
        true = self._truths.get(item.prediction_id, bool(item.prediction.prediction))
        says = not true if self._rng.random() < _REVIEWER_ERROR_RATE else true
        decision = submit_decision(
            item,
            user,
            says,
            self._rng.choice(_REASONS),
            guideline_version=guideline.version,
            clause=clauses[0] if item.stage == ReviewStage.ADJUDICATION else None,
        )
        if says != true and self._rng.random() < 0.3 and not decision.adjudicated:
            revise_decision(decision, user, true, "Overlooked the second line of the extract.")

    def _train_and_promote(self, reason: str, role: str) -> None:
        """Train a candidate, let it score as shadow, and have two people put it in its role."""
        self._report(f"training a model on {reason}")
        run = retrain("labels", self._users.engineer, _CORPUS_SIZE)
        if run.model is None:
            raise RuntimeError("the training made no model")
        policy.freeze_references(run.model, timezone.now())
        policy.deploy_candidate_as_shadow(run)
        self._clock.shift(timedelta(hours=3))
        self._promote(run.model, role, f"Learnt the {reason}.")

    def _promote(self, model: ModelVersion, role: str, reason: str) -> None:
        request = request_promotion(model, EVERY_PROFILE, role, reason, self._users.engineer)
        self._clock.shift(timedelta(hours=1))
        is_red = any(gate["state"] == "red" for gate in request.gates)
        override = "Demonstration: trained on few pairs to be quick." if is_red else ""
        approve_promotion(request, self._users.approver, override)
        get_model_loader().refresh()

    def _start_first_experiment(self) -> None:
        """Compare the model before the first training as a shadow of it: it answers nobody."""
        before = Deployment.objects.get(first=True).model
        self._promote(before, ServingRole.CHALLENGER, "To see whether the first training was worth it.")
        self._start_experiment(
            name="Was the first training worth it? (demo)",
            hypothesis="The model before the first training is right less often than the one after it.",
            model_b=before,
            enrolled_share=Decimal("0"),
        )

    def _start_second_experiment(self) -> None:
        self._start_experiment(
            name="Labels of two months against the first training (demo)",
            hypothesis="Two months of labels make B right more often than A, at no cost in review share.",
            model_b=ModelVersion.objects.latest("created_at"),
            planned_end=timezone.now() + timedelta(days=45),
        )

    def _start_experiment(self, **fields: Any) -> None:
        champion = get_model_loader().get_live_models().get_champion("general")
        margins = {"latency_ms": Decimal("0.25"), "review_share": Decimal("0.10"), "gold_recall": Decimal(0)}
        draft = Experiment(model_a_id=champion.id, **fields)
        row = experiments.create_experiment(draft, margins, self._users.engineer)
        self._clock.shift(timedelta(hours=1))
        forecast = forecast_experiment(row)
        reason = "" if forecast.can_conclude else "Demonstration: little traffic, the same steps."
        experiments.start_experiment(row, self._users.approver, forecast.can_conclude, reason)

    def _conclude_experiment(self) -> None:
        row = Experiment.objects.running().get()
        verdict = get_experiment_results(row).verdict.sentence
        experiments.conclude_experiment(row, self._users.approver, verdict, "Ten days, as planned.")

    def _monitor(self, day: date) -> None:
        """Count and report the hours with traffic, then the day."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for hour in _BUSY_HOURS:
            start = midnight + timedelta(hours=hour)
            self._clock.move_to(start + timedelta(hours=1, minutes=5))
            run_once(MONITOR_JOB, f"{start:%Y-%m-%dT%H}", partial(_monitor_hour, start))
        self._clock.move_to(midnight + timedelta(hours=23, minutes=50))
        run_once("monitor daily", f"{midnight:%Y-%m-%d}", partial(_monitor_day, midnight))

    def _leave_traces_of_today(self) -> None:
        """A bulk job, a replay, and an alert that somebody has seen."""
        self._run_bulk_job("suppliers (demo).csv", 400, self._users.clients[0])
        self._run_bulk_job("counterparties (demo).csv", 150, self._users.lead)
        engineer = self._users.engineer
        champion = get_model_loader().get_live_models().get_champion("general")
        request = replay.request_replay(
            timezone.now().date() - timedelta(days=5), ModelVersion.objects.get(pk=champion.id), engineer
        )
        replay.run_replay(request.pk)
        alert = Alert.objects.order_by("-pk").first()
        if alert is not None:
            acknowledge_alert(alert, engineer, "Looking into it: a new client sends abbreviated forms.")

    def _run_bulk_job(self, name: str, size: int, owner: User) -> None:
        rows = [f'"{pair.left}","{pair.right}"' for pair in self._traffic.draw_hour(size)]
        upload = Upload(name)
        upload.write("\n".join(["name1,name2", *rows]).encode())
        upload.finish()
        options = JobOptions(("name1", "name2"), "kyc", "auto")
        job = job_service.create(owner, upload, options)
        worker.split_job_file(job.pk)
        while worker.compare_next_chunk():
            pass


def run_hourly_tasks() -> None:
    """Do what the scheduler did: monitor, seal, anchor, roll up. The demonstration ends yesterday."""
    trail.seal_events()
    anchor.publish_anchor()
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    run_once(MONITOR_JOB, f"{start:%Y-%m-%dT%H}", partial(_monitor_hour, start))
    roll_up_new_hours(timezone.now())


def _monitor_hour(start: datetime) -> dict[str, Any]:
    return asdict(performance.monitor_hour(start))


def _monitor_day(midnight: datetime) -> dict[str, Any]:
    """Monitor a day and decide whether to train, as the daily job does."""
    summary = asdict(performance.monitor_day(midnight))
    decision = policy.decide_training(timezone.now(), {"corpus_size": _CORPUS_SIZE})
    return {**summary, "train": decision.should_train}


def _find_truth(pair: LabelledPair, prediction: Prediction) -> bool:
    """Return what a careful reviewer would say; outside ``general``, the rules are taken to be right."""
    if prediction.profile != "general" and prediction.verdict != VerdictChoice.REVIEW:
        return bool(prediction.prediction)
    return is_truly_material(pair, stricter=False)
