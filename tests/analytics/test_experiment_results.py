"""Results of experiments from stored predictions and decisions, the guardrails, and the files."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Role, User
from analytics.experiments.guardrails import check_running_experiments
from analytics.experiments.results import get_experiment_results
from analytics.experiments.tables import render_file
from analytics.experiments.user_table import build_user_table
from analytics.tasks import check_guardrails
from experiments import enrolment, services
from experiments.models import Arm, Experiment, ExperimentPhase, Exposure
from feedback.models import Feedback, ReviewItem
from feedback.review.decisions import submit_client_feedback, submit_decision
from feedback.review.enqueueing import enqueue_prediction
from matching.models import Prediction, ReviewStream, ShadowScore
from modelops.models import Alert
from tests.experiments.test_services import draft, running
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def started(**fields: Any) -> Experiment:
    """An experiment that has been running for three days."""
    row = running(**fields)
    begun = timezone.now() - timedelta(days=3)
    Experiment.objects.filter(pk=row.pk).update(start_date=begun)
    row.phases.update(started_at=begun)
    row.refresh_from_db()
    return row


def exposed_users(row: Experiment, arm: str, number: int) -> list[User]:
    users = [User(email=f"{uuid4().hex}@example.com") for _ in range(number)]
    User.objects.bulk_create(users)
    Exposure.objects.bulk_create(
        Exposure(experiment=row, user=user, arm=arm, phase=row.phase) for user in users
    )
    return users


def answered(row: Experiment, user: User, arm: str, **columns: Any) -> Prediction:
    model = row.model_b if arm == Arm.B else row.model_a
    return stored_prediction(user=user, model=model, experiment=row, variant=arm, **columns)


def settled(prediction: Prediction, material: bool) -> None:
    """The prediction after a reviewer decided it."""
    item = enqueue_prediction(prediction, ReviewStream.DISAGREEMENT)
    Prediction.objects.filter(pk=prediction.pk).update(
        stream=ReviewStream.DISAGREEMENT, selection_probability=1.0
    )
    reviewer = person(Role.REVIEWER)
    claimed = ReviewItem.objects.claim(reviewer, timezone.now())
    assert claimed is not None
    assert claimed.pk == item.pk
    submit_decision(claimed, reviewer, material, "seen in the register")
    ReviewItem.objects.filter(prediction=prediction).update(state="done", done_at=timezone.now())


def disagreement(row: Experiment, user: User, b_is_right: bool) -> None:
    """A prediction of A that says immaterial where B says material, decided by a reviewer."""
    prediction = answered(row, user, Arm.A)
    ShadowScore.objects.create(
        prediction=prediction,
        model=row.model_b,
        role="challenger",
        material_probability=Decimal("0.95"),
        verdict="material",
        agrees=False,
    )
    settled(prediction, material=b_is_right)


def test_the_evidence_moves_with_every_reviewed_disagreement_and_decides_at_twenty() -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    seen = []
    for _ in range(9):
        disagreement(row, user, b_is_right=True)
        seen.append(get_experiment_results(row).evidence)
    values = [evidence.e_value for evidence in seen if evidence]
    assert values == sorted(values)
    assert len(set(values)) == 9
    results = get_experiment_results(row)
    assert results.verdict.sentence.startswith("B is better: right in 100% of 9 disagreements, e = ")
    assert values[-1] >= 20 > values[0]
    disagreement(row, user, b_is_right=False)
    assert get_experiment_results(row).verdict.state == "b better"


def test_before_that_it_says_how_many_more_reviews_and_days() -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    nothing = "e = 1 after 0 of 0 disagreements; about 80 more reviews, nobody is reviewing now."
    assert get_experiment_results(row).verdict.sentence == f"Cannot conclude yet: {nothing}"
    disagreement(row, user, b_is_right=False)
    sentence = get_experiment_results(row).verdict.sentence
    assert re.search(r"after 1 of 1 disagreements; about 79 more reviews, 23\d days\.", sentence)


def test_an_objection_selects_no_disagreement() -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    disagreement(row, user, b_is_right=True)
    Prediction.objects.update(stream="", selection_probability=None)
    evidence = get_experiment_results(row).evidence
    assert evidence is not None
    assert (evidence.found, len(evidence.reviewed)) == (1, 0)


def test_the_metrics_of_each_arm_come_from_what_is_stored() -> None:
    row = started(primary_metric="review_share", smallest_effect=Decimal("0.5"))
    for arm, reviews, latency in ((Arm.A, 1, 10), (Arm.B, 3, 30)):
        for user in exposed_users(row, arm, 12):
            for number in range(4):
                verdict = "review" if number < reviews else "immaterial"
                answered(row, user, arm, verdict=verdict, latency_ms=latency)
    user = Exposure.objects.filter(arm="a").earliest("pk").user
    first = Prediction.objects.filter(user=user).earliest("pk")
    submit_client_feedback(user, first, user_correction=True)
    enrolment.record_error(row.pk, user.pk, 1, "a", "failed")
    enrolment.record_metric(row, user, "minutes", 3.0, "one")
    by_id = {result.metric.id: result for result in get_experiment_results(row).metrics}
    means = {
        name: (result.comparison.a.interval, result.comparison.b.interval)
        for name, result in by_id.items()
        if result.comparison
    }
    assert [bound and bound.estimate for bound in means["review_share"]] == pytest.approx([0.25, 0.75])
    assert [bound and bound.estimate for bound in means["latency_ms"]] == pytest.approx([10, 30])
    assert [bound and bound.estimate for bound in means["appeal_rate"]] == pytest.approx([1 / 48, 0])
    assert [bound and bound.estimate for bound in means["error_rate"]] == pytest.approx([0.2 / 12, 0])
    assert by_id["minutes"].comparison is not None
    assert by_id["override_rate"].comparison is None
    assert get_experiment_results(row).verdict.sentence.startswith(
        "A is better: review share of B changes by +200.0%"
    )


def test_overrides_hours_and_agreement_come_from_reviewers() -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    settled(answered(row, user, Arm.A), material=True)
    Feedback.objects.update(created_at=timezone.now() + timedelta(hours=5))
    metrics = {result.metric.id: result.comparison for result in get_experiment_results(row).metrics}
    assert metrics["override_rate"] is not None
    table = build_user_table(row, row.phases.get())
    assert table.totals["override_rate"].max() == 1
    assert table.totals["decision_hours"].max() == pytest.approx(5, abs=0.1)


def test_results_are_withheld_while_the_users_do_not_split_as_planned() -> None:
    row = started()
    for user in exposed_users(row, Arm.A, 80):
        answered(row, user, Arm.A)
    exposed_users(row, Arm.B, 30)
    results = get_experiment_results(row)
    assert results.is_withheld
    assert results.verdict.sentence.startswith(
        "Withheld: 80 users met A and 30 met B (planned 50% to 50%): not as"
    )
    assert (results.metrics, results.evidence, results.chart) == ([], None, None)
    for _ in range(2):
        check_running_experiments()
    assert Alert.objects.filter(rule="experiment_split").exists()
    assert "Withheld" in render_file(results, "csv").decode()


def test_phases_are_never_added_up() -> None:
    row = started(primary_metric="review_share", smallest_effect=Decimal("0.5"))
    for user in exposed_users(row, Arm.A, 12):
        answered(row, user, Arm.A, verdict="review")
    services.change_split(row, Decimal("0.20"), Decimal("1.00"), person(), "more of B")
    row.refresh_from_db()
    row.phases.filter(number=2).update(started_at=timezone.now() - timedelta(seconds=3))
    exposed_users(row, Arm.A, 3)
    later = get_experiment_results(row)
    earlier = get_experiment_results(row, 1)
    assert (earlier.split.users_a, later.split.users_a) == (12, 3)
    assert earlier.metrics[0].comparison is not None
    assert earlier.metrics[0].comparison.a.users == 12
    assert later.metrics[0].comparison is None


def test_a_breached_guardrail_stops_the_experiment_at_the_next_check_and_alerts() -> None:
    row = started()
    for arm, latency in ((Arm.A, 10), (Arm.B, 40)):
        for at, user in enumerate(exposed_users(row, arm, 15)):
            answered(row, user, arm, latency_ms=latency + at % 3)
    assert check_guardrails() == [row.name]
    row.refresh_from_db()
    assert (row.status, row.is_active) == ("stopped", False)
    assert row.guardrails.get().breached_at is not None
    assert enrolment.assign_arm(person(), "general") is None
    alert = Alert.objects.get(rule="experiment_stopped")
    assert alert.scope == row.name
    assert check_guardrails() == []


def test_what_is_within_the_margin_runs_on() -> None:
    row = started()
    for arm in (Arm.A, Arm.B):
        for at, user in enumerate(exposed_users(row, arm, 15)):
            answered(row, user, arm, latency_ms=10 + at % 3)
    assert check_guardrails() == []
    assert [status.state for status in get_experiment_results(row).guardrails] == ["ok"]


@pytest.mark.parametrize("ending", ["json", "csv", "pdf"])
def test_the_results_are_the_same_as_file(ending: str) -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    disagreement(row, user, b_is_right=True)
    results = get_experiment_results(row)
    content = render_file(results, ending)
    if ending == "json":
        assert json.loads(content)["verdict"]["sentence"] == results.verdict.sentence
    elif ending == "csv":
        assert results.verdict.sentence in content.decode()
        assert "Exploratory" not in content.decode()
    else:
        assert content.startswith(b"%PDF")


def test_a_draft_has_no_results() -> None:
    with pytest.raises(ExperimentPhase.DoesNotExist):
        get_experiment_results(draft())
