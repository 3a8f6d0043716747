"""The life of an experiment: what it needs to start, its phases, and what clients record in it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from experiments import enrolment, services
from experiments.enrolment import RecordedBeforeError, RecordingError, forget_running_experiments
from experiments.metrics import RECORDED
from experiments.models import Experiment, ExperimentStatus, Exposure, RecordedMetric
from experiments.services import ExperimentError
from experiments.tasks import record_failed_comparison
from modelops.models import Deployment
from tests.models import installed, promoted, scoring_version
from tests.people import person

pytestmark = pytest.mark.django_db


def draft(**fields: Any) -> Experiment:
    """A draft of two live versions."""
    first = Deployment.objects.filter(first=True).first() or installed()
    challenger = scoring_version(f"{Experiment.objects.count() + 2}")
    promoted(challenger, role="challenger")
    defaults = {"name": f"trial {challenger.version}", "hypothesis": "B makes fewer errors."}
    values = {**defaults, "model_a": first.model, "model_b": challenger, **fields}
    row = services.create_experiment(Experiment(**values), {"latency_ms": Decimal("0.25")}, person())
    forget_running_experiments()
    return row


def running(**fields: Any) -> Experiment:
    return services.start_experiment(draft(**fields), person(Role.APPROVER), can_conclude=True)


def exposed(experiment: Experiment) -> User:
    """A user who met an arm of the experiment."""
    user = person()
    assigned = enrolment.assign_arm(user, "general")
    assert assigned is not None
    assert assigned.experiment_id == experiment.pk
    enrolment.record_exposure(user, assigned)
    return user


def test_a_draft_is_stored_with_its_guardrails_and_each_change_is_logged() -> None:
    row = draft()
    row.traffic_split = Decimal("0.80")
    services.change_draft(row, {"error_rate": Decimal("0.02")}, person())
    assert [rail.metric for rail in row.guardrails.all()] == ["error_rate"]
    changed = AuditEvent.objects.get(action="experiment.changed", object_id=str(row.pk)).detail["changed"]
    assert changed == {
        "traffic_split": ["0.50", "0.80"],
        "guardrails": [{"latency_ms": "0.2500"}, {"error_rate": "0.0200"}],
    }


def test_it_starts_only_with_a_as_champion_and_b_as_challenger() -> None:
    row = draft()
    row.model_b = scoring_version("9")
    row.save()
    with pytest.raises(
        ExperimentError, match="version B must be live as challenger; the challenger is names 2"
    ):
        services.start_experiment(row, person(), can_conclude=True)
    assert [missing.arm for missing in services.find_missing_versions(row)] == ["B"]


def test_what_cannot_conclude_needs_a_reason_to_start() -> None:
    row = draft()
    with pytest.raises(ExperimentError, match="give a reason"):
        services.start_experiment(row, person(), can_conclude=False)
    with pytest.raises(IntegrityError, match="started_for_a_reason"), transaction.atomic():
        Experiment.objects.filter(pk=row.pk).update(
            status="running", is_active=True, start_date=timezone.now()
        )
    started = services.start_experiment(row, person(), can_conclude=False, reason="A rehearsal.")
    assert (started.status, started.reason_to_start) == (ExperimentStatus.RUNNING, "A rehearsal.")


def test_a_planned_end_in_the_past_and_a_second_experiment_of_the_profile_are_refused() -> None:
    late = draft(planned_end=timezone.now() - timedelta(days=1))
    with pytest.raises(ExperimentError, match="planned end"):
        services.start_experiment(late, person(), can_conclude=True)
    late.planned_end = None
    late.save()
    services.start_experiment(late, person(), can_conclude=True)
    other = draft(model_b=late.model_b)
    promoted(late.model_b, role="challenger")
    with pytest.raises(ExperimentError, match="another experiment"):
        services.start_experiment(other, person(), can_conclude=True)


def test_another_split_starts_another_phase() -> None:
    row = running()
    user = exposed(row)
    services.change_split(row, Decimal("0.10"), Decimal("1.00"), person(), "B holds")
    forget_running_experiments()
    assigned = enrolment.assign_arm(user, "general")
    assert assigned is not None
    assert assigned.phase == 2
    enrolment.record_exposure(user, assigned)
    phases = list(row.phases.all())
    assert [(phase.number, str(phase.traffic_split)) for phase in phases] == [(1, "0.50"), (2, "0.10")]
    assert phases[0].ended_at is not None
    assert phases[1].ended_at is None
    assert sorted(Exposure.objects.values_list("phase", flat=True)) == [1, 2]
    with pytest.raises(ExperimentError, match="shares of the current phase"):
        services.change_split(row, Decimal("0.10"), Decimal("1.00"), person(), "again")


def test_nobody_is_assigned_where_nobody_is_enrolled_and_only_accuracy_allows_that() -> None:
    running(enrolled_share=Decimal("0"))
    assert enrolment.assign_arm(person(), "general") is None
    with pytest.raises(IntegrityError, match="enrolled_is_a_share"), transaction.atomic():
        draft(enrolled_share=Decimal("0"), primary_metric="latency_ms")


def test_the_split_is_the_share_of_a() -> None:
    running(traffic_split=Decimal("0.90"))
    arms = [getattr(enrolment.assign_arm(user, "general"), "arm", None) for user in people(300)]
    assert 0.84 < arms.count("a") / 300 < 0.96


def people(number: int) -> list[User]:
    return [User(email=f"u{index}@example.com") for index in range(number)]


def test_it_ends_with_a_sentence_or_with_a_reason_and_never_runs_again() -> None:
    row = running()
    with pytest.raises(ExperimentError, match="no verdict"):
        services.conclude_experiment(row, person(), "", "")
    done = services.conclude_experiment(row, person(), "B is better.", "enough seen")
    assert (done.status, done.is_active, done.conclusion) == ("concluded", False, "B is better.")
    assert row.phases.get().ended_at is not None
    assert enrolment.assign_arm(person(), "general") is None
    with pytest.raises(ExperimentError, match="only a running"):
        services.stop_experiment(row, person(), "again")
    with pytest.raises(ExperimentError, match="only a draft"):
        services.start_experiment(row, person(), can_conclude=True)


def test_a_breach_is_noted_with_the_stop() -> None:
    row = running()
    services.stop_experiment(row, None, "B is slower.", breached="latency_ms")
    assert row.guardrails.get().breached_at is not None
    assert AuditEvent.objects.get(action="experiment.stopped").detail["breached"] == "latency_ms"


def test_an_outcome_is_recorded_under_the_arm_the_user_met_and_once() -> None:
    row = running(primary_metric=RECORDED, recorded_metric="minutes")
    user = exposed(row)
    stored, created = enrolment.record_metric(row, user, "minutes", 4.5, "file 7")
    assert created
    assert (stored.arm, stored.phase) == (Exposure.objects.get(user=user).arm, 1)
    assert enrolment.record_metric(row, user, "minutes", 4.5, "file 7") == (stored, False)
    with pytest.raises(RecordedBeforeError):
        enrolment.record_metric(row, user, "minutes", 5.0, "file 7")
    assert RecordedMetric.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("latency_ms", 1.0, "another name"),
        ("error", 1.0, "another name"),
        ("Minutes!", 1.0, "another name"),
        ("minutes", float("nan"), "a number"),
        ("minutes", 1e13, "a number"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_the_reason(name: str, value: float, refusal: str) -> None:
    row = running()
    with pytest.raises(RecordingError, match=refusal):
        enrolment.record_metric(row, exposed(row), name, value, "1")


def test_only_exposed_users_of_a_running_experiment_record() -> None:
    row = running()
    with pytest.raises(RecordingError, match="No comparison"):
        enrolment.record_metric(row, person(), "minutes", 1.0, "1")
    user = exposed(row)
    stopped = services.stop_experiment(row, person(), "enough")
    with pytest.raises(RecordingError, match="not running"):
        enrolment.record_metric(stopped, user, "minutes", 1.0, "1")


def test_the_database_refuses_a_value_that_is_no_number() -> None:
    row = running()
    values = {"experiment": row, "user": person(), "phase": 1, "arm": "a", "name": "n", "event": "1"}
    with pytest.raises(IntegrityError, match="value_is_a_number"), transaction.atomic():
        RecordedMetric.objects.create(**values, value=float("nan"))


def test_a_failed_comparison_is_recorded_once_however_often_its_message_arrives() -> None:
    row, user = running(), person()
    for _ in range(2):
        record_failed_comparison(str(row.pk), str(user.pk), 1, "b", "the-event")
    assert RecordedMetric.objects.get().name == "error"
    assert Exposure.objects.get().arm == "b"
