"""When a training begins by itself, when it does not, and why; what becomes of its candidate."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Role
from feedback import tasks
from feedback.models import Feedback
from feedback.retraining import policy
from matching.monitoring.hourly_counts import count_hour
from modelops.models import Alert, Deployment, DriftReport, Reference, TrainingDecision, TrainingRun
from modelops.monitoring import thresholds
from modelops.training import runs
from modelops.training.fitting import TrainingError
from tests.models import installed, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def champion() -> Deployment:
    return installed()


def labels(n: int, stream: str = "uncertain", said: bool = False, true: bool = False) -> None:
    """Reviewed answers; those of the audit are for estimates, the others to learn from."""
    reviewer, user = person(Role.REVIEWER), person()
    for number in range(n):
        row = stored_prediction(
            f"{stream} {number}", user=user, stream=stream, selection_probability=0.5, prediction=said
        )
        Feedback.objects.create(prediction=row, reviewer=reviewer, source="review", user_correction=true)


def set_limit(name: str, value: str) -> None:
    thresholds.change_threshold(name, Decimal(value), person(Role.APPROVER), "for this test")


def drifted(champion: Deployment, source: str = "single") -> DriftReport:
    reference = Reference.objects.create(
        model=champion.model,
        profile="general",
        kind="organisation",
        origin="corpus",
        n=1,
        binning={},
        counts={},
    )
    now = timezone.now()
    return DriftReport.objects.create(
        model=champion.model,
        profile="general",
        kind="organisation",
        source=source,
        span="hour",
        start=now - timedelta(hours=1),
        end=now,
        reference=reference,
        n=300,
        largest_psi=0.6,
        shifted_figures=["script"],
        persistent_figures=["script"],
        drifted=True,
    )


def met(decision: TrainingDecision) -> list[str]:
    return [condition["name"] for condition in decision.conditions if condition["met"]]


@pytest.mark.usefixtures("champion")
def test_a_day_on_which_nothing_is_wrong_trains_nothing_and_says_so() -> None:
    decision = policy.decide_training(timezone.now())
    assert (decision.should_train, decision.reason) == (False, "No condition is met.")
    names = [condition["name"] for condition in decision.conditions]
    assert names == [
        "accuracy",
        "precision",
        "recall",
        "feedback",
        "elapsed",
        "performance_drift",
        "drift",
    ]
    assert not TrainingRun.objects.exists()


@pytest.mark.usefixtures("champion")
def test_enough_new_labels_train_a_candidate() -> None:
    set_limit("feedback", "20")
    labels(20)
    decision = policy.decide_training(timezone.now())
    assert decision.should_train
    assert decision.run == TrainingRun.objects.get(status="queued")
    assert decision.reason == "feedback: 20 labels not used yet."
    assert AuditEvent.objects.filter(action="training.decided").count() == 1


@pytest.mark.usefixtures("champion")
def test_one_label_fewer_does_not() -> None:
    set_limit("feedback", "20")
    labels(19)
    assert not policy.decide_training(timezone.now()).should_train


@pytest.mark.usefixtures("champion")
def test_a_passing_performance_check_does_not_train() -> None:
    labels(1)
    labels(200, stream="audit")
    decision = policy.decide_training(timezone.now())
    assert met(decision) == []


@pytest.mark.usefixtures("champion")
def test_accuracy_that_labels_show_to_be_too_low_trains() -> None:
    labels(1)
    labels(100, stream="audit", true=True)
    decision = policy.decide_training(timezone.now())
    assert decision.should_train
    assert met(decision)[0] == "accuracy"


@pytest.mark.usefixtures("champion")
def test_too_low_an_accuracy_with_nothing_to_learn_from_is_an_obstacle_that_is_named() -> None:
    labels(100, stream="audit", true=True)
    decision = policy.decide_training(timezone.now())
    assert not decision.should_train
    assert decision.obstacles == ["there is no new label"]
    assert decision.reason.startswith("Not now (there is no new label), though accuracy")


def test_a_loss_since_training_beyond_its_threshold_trains_though_the_accuracy_is_above_its_own(
    champion: Deployment,
) -> None:
    type(champion.model).objects.update(metrics={"accuracy": 0.99})
    set_limit("accuracy", "0.5")
    set_limit("recall", "0.0001")
    labels(5)
    labels(140, stream="audit")
    labels(60, stream="audit", true=True)
    decision = policy.decide_training(timezone.now())
    assert met(decision) == ["performance_drift"]
    condition = next(row for row in decision.conditions if row["name"] == "performance_drift")
    assert (condition["measured"], condition["limit"]) == (0.29, 0.1)
    assert "accuracy 70.0% of 200 audited answers" in condition["summary"]
    assert "99.0% on other rows at training" in condition["summary"]
    assert decision.run is not None


def test_a_loss_that_chance_explains_or_below_its_threshold_trains_nothing(champion: Deployment) -> None:
    type(champion.model).objects.update(metrics={"accuracy": 0.99})
    set_limit("accuracy", "0.5")
    set_limit("recall", "0.0001")
    labels(5)
    labels(8, stream="audit")
    labels(2, stream="audit", true=True)
    assert met(policy.decide_training(timezone.now())) == []
    labels(132, stream="audit")
    labels(58, stream="audit", true=True)
    assert met(policy.decide_training(timezone.now())) == ["performance_drift"]
    set_limit("performance_drift", "0.3")
    assert met(policy.decide_training(timezone.now())) == []


def test_drift_without_error_trains_nothing(champion: Deployment) -> None:
    drifted(champion)
    labels(5)
    labels(60, stream="audit")
    decision = policy.decide_training(timezone.now())
    assert met(decision) == []
    assert "no error with it" in decision.conditions[-1]["summary"]


def test_drift_with_error_trains_before_the_labels_alone_would(champion: Deployment) -> None:
    labels(5)
    labels(24, stream="audit")
    labels(24, stream="audit", said=True, true=True)
    labels(12, stream="audit", true=True)
    assert met(policy.decide_training(timezone.now())) == []
    drifted(champion)
    decision = policy.decide_training(timezone.now())
    assert met(decision) == ["drift"]
    assert decision.should_train


def test_drift_of_files_explains_no_error_of_single_questions(champion: Deployment) -> None:
    labels(5)
    labels(24, stream="audit")
    labels(24, stream="audit", said=True, true=True)
    labels(12, stream="audit", true=True)
    drifted(champion, source="bulk")
    assert met(policy.decide_training(timezone.now())) == []


def test_elapsed_time_trains_in_the_daily_decision_only(champion: Deployment) -> None:
    labels(1)
    later = champion.model.created_at + 31 * DAY
    assert not policy.decide_training(later).should_train
    assert met(policy.decide_training(later, routine=True)) == ["elapsed"]


@pytest.mark.usefixtures("champion")
def test_one_at_a_time_with_a_pause_and_a_budget() -> None:
    set_limit("feedback", "1")
    labels(1)
    now = timezone.now()
    first = policy.decide_training(now)
    assert first.run is not None
    again = policy.decide_training(now)
    assert "running or queued" in again.obstacles[0]
    runs.cancel_run(first.run, person(Role.MODEL_ENGINEER), "test")
    assert "less than 20 hours ago" in policy.decide_training(now).obstacles[0]
    set_limit("budget_per_week", "1")
    assert "budget of 1" in policy.decide_training(now + 2 * DAY).obstacles[0]
    assert policy.decide_training(now + 8 * DAY).should_train


@pytest.mark.usefixtures("champion")
def test_a_decision_cannot_be_rewritten() -> None:
    decision = policy.decide_training(timezone.now())
    row = TrainingDecision.objects.filter(pk=decision.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.update(reason="something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    assert row.get().reason == "No condition is met."


def decided_run() -> TrainingRun:
    set_limit("feedback", "1")
    labels(1)
    decision = policy.decide_training(timezone.now(), {"corpus_size": 1_500})
    assert decision.run is not None
    return decision.run


@pytest.mark.usefixtures("champion", "own_registry")
def test_the_whole_way_from_a_decision_to_a_shadow_or_a_refusal_that_is_told() -> None:
    decided_run()
    tasks.retrain_queued_run()
    run = TrainingRun.objects.get()
    assert run.status == "succeeded"
    assert run.model is not None
    shadow = Deployment.objects.filter(role="shadow", model=run.model, automatic=True).exists()
    refused = Alert.objects.filter(rule="candidate_refused", scope=run.model.version).exists()
    assert shadow != refused
    assert Deployment.objects.filter(role="champion").count() == 1


@pytest.mark.usefixtures("champion")
def test_a_run_that_a_person_asked_for_does_not_become_shadow_by_itself() -> None:
    run = TrainingRun.objects.create(trigger="a person", status="succeeded", finished_at=timezone.now())
    run.model = Deployment.objects.get().model
    assert policy.deploy_candidate_as_shadow(run) is None
    assert not Deployment.objects.filter(role="shadow").exists()


@pytest.mark.usefixtures("champion")
def test_a_training_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise TrainingError("too few")

    monkeypatch.setattr(tasks, "retrain_queued", fail)
    with pytest.raises(TrainingError):
        tasks.retrain_queued_run()
    assert Alert.objects.get().observation == "The run ended with TrainingError."


def test_a_candidate_keeps_what_the_traffic_of_its_week_looks_like(champion: Deployment) -> None:
    now = timezone.now()
    stored_prediction("Acme Widgets Inc", "Acme Wigets Inc", model=champion.model, created_at=now - DAY)
    count_hour((now - DAY).replace(minute=0, second=0, microsecond=0))
    candidate = scoring_version("2")
    frozen = policy.freeze_references(candidate, now)
    assert [(row.profile, row.kind, row.model) for row in frozen] == [("general", "organisation", candidate)]
    assert policy.freeze_references(candidate, now)[0] == frozen[0]
