"""Two months of an installation, told day by day through the real services under a clock that is set back."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import time_machine
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from experiments.models import Experiment
from experiments.services import start_experiment
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
from feedback.review.gold import add_gold_item
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
from matching.serving.live_models import get_model_loader
from matching.training.synthetic import LabelledPair
from modelops.alerting.alerts import acknowledge_alert
from modelops.deployment.promotion import approve_promotion, request_promotion
from modelops.models import EVERY_PROFILE, Alert, ModelVersion, ServingRole
from tests.demo.people import DemoUsers

DAYS = 60
_FIRST_TRAINING_DAY = 24
_SECOND_TRAINING_DAY = 44
_EXPERIMENT_DAY = 48
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
_BUSY_HOURS = (8, 11, 15)
_POOL_SIZE = 10_000
_CORPUS_SIZE = 4_000
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
        trail.seal_events()

    def _set_up(self) -> None:
        sampling = SamplingPolicy(audit=0.06, second=0.2, gold=0.04)
        update_policy(self._users.lead, sampling, "Sampling rates to begin with.")
        for name1, name2, profile, material in _GOLD_ITEMS:
            add_gold_item(self._users.lead, name1, name2, profile, material, "An example of the guideline.")

    def _run_day(self, number: int, day: date) -> None:
        is_weekend = day.weekday() >= 5
        is_drifting = number >= DAYS - _DRIFT_DAYS
        size = 6 if is_weekend else self._rng.randint(14, 26)
        for hour in _BUSY_HOURS:
            self._set_clock(day, hour)
            self._compare_pairs(self._traffic.draw_hour(size), self._draw_profiles(size))
        if is_drifting:
            pairs = self._traffic.draw_hour(_DRIFTING_PAIRS, shifted=True)
            self._compare_pairs(pairs, ["general"] * len(pairs))
        self._set_clock(day, 16)
        enqueue_sampled_predictions()
        if number < DAYS - _OPEN_DAYS:
            self._review_items()
        if number == _FIRST_TRAINING_DAY:
            self._train_and_promote("labels of the first weeks", ServingRole.CHAMPION)
        if number == _SECOND_TRAINING_DAY:
            self._train_and_promote("labels since the last training", ServingRole.CHALLENGER)
        if number == _EXPERIMENT_DAY:
            self._start_experiment()
        self._monitor(day, is_drifting)
        if number % 10 == 0:
            self._report(f"{day.isoformat()}: {Prediction.objects.count():,} predictions")

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
        for pair, stored in zip(pairs, compare_batch(client, requests), strict=True):
            if isinstance(stored, EngineError):
                continue
            prediction = stored.prediction
            self._truths[prediction.pk] = _find_truth(pair, prediction)
            self._maybe_object(prediction)

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

    def _start_experiment(self) -> None:
        live = get_model_loader().get_live_models()
        challenger = ModelVersion.objects.latest("created_at")
        experiment = Experiment.objects.create(
            name="Labels of two months against the first training (demo)",
            model_a_id=live.get_champion("general").id,
            model_b=challenger,
        )
        start_experiment(experiment, self._users.approver)

    def _monitor(self, day: date, is_drifting: bool) -> None:
        """Count and report the day; hour by hour while the traffic drifts."""
        if is_drifting:
            for hour in _BUSY_HOURS:
                start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
                self._clock.move_to(start + timedelta(hours=1, minutes=5))
                performance.monitor_hour(start)
        self._clock.move_to(datetime(day.year, day.month, day.day, 23, 50, tzinfo=UTC))
        performance.monitor_day(timezone.now().replace(hour=0, minute=0, second=0, microsecond=0))

    def _leave_traces_of_today(self) -> None:
        """A bulk job, a replay, and an alert that somebody has seen."""
        self._run_bulk_job("suppliers (demo).csv", 400)
        engineer = self._users.engineer
        champion = get_model_loader().get_live_models().get_champion("general")
        request = replay.request_replay(
            timezone.now().date() - timedelta(days=5), ModelVersion.objects.get(pk=champion.id), engineer
        )
        replay.run_replay(request.pk)
        alert = Alert.objects.order_by("-pk").first()
        if alert is not None:
            acknowledge_alert(alert, engineer, "Looking into it: a new client sends abbreviated forms.")

    def _run_bulk_job(self, name: str, size: int) -> None:
        rows = [f'"{pair.left}","{pair.right}"' for pair in self._traffic.draw_hour(size)]
        upload = Upload(name)
        upload.write("\n".join(["name1,name2", *rows]).encode())
        upload.finish()
        options = JobOptions(("name1", "name2"), "kyc", "auto")
        job = job_service.create(self._users.clients[0], upload, options)
        worker.split_job_file(job.pk)
        while worker.compare_next_chunk():
            pass


def _find_truth(pair: LabelledPair, prediction: Prediction) -> bool:
    """Return what a careful reviewer would say; outside ``general``, the rules are taken to be right."""
    if prediction.profile != "general" and prediction.verdict != VerdictChoice.REVIEW:
        return bool(prediction.prediction)
    return is_truly_material(pair, stricter=False)
