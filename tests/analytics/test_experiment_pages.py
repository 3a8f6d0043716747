"""The admin pages of experiments: the draft with its forecast, the steps, the results, the champion."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import Role
from analytics.experiments.forecast import forecast_experiment
from experiments.models import Arm, Experiment
from matching.models import ShadowScore
from modelops.models import Deployment, LiveSlot, PromotionRequest
from tests.analytics.test_experiment_results import answered, disagreement, exposed_users, started
from tests.experiments.test_services import draft
from tests.models import installed, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db
ROOT = "/admin/experiments/experiment"


def browser(role: str) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "name": "trial",
        "hypothesis": "B makes fewer errors.",
        "profile": "*",
        "primary_metric": "accuracy",
        "smallest_effect": "0.2",
        "traffic_split": "0.50",
        "enrolled_share": "1.00",
        "guardrail_latency_ms": "0.25",
        **changed,
    }


@pytest.fixture
def versions() -> tuple[Deployment, Any]:
    """A champion, and a version that is not live."""
    return installed(), scoring_version("2")


def test_a_draft_is_created_and_b_staged_from_it(versions: tuple[Deployment, Any]) -> None:
    champion, challenger = versions
    engineer = browser(Role.MODEL_ENGINEER)
    made = engineer.post(f"{ROOT}/add/", fields(model_a=str(champion.model_id), model_b=str(challenger.pk)))
    assert made.status_code == 302, made.context["adminform"].form.errors
    row = Experiment.objects.get()
    assert [(rail.metric, str(rail.margin)) for rail in row.guardrails.all()] == [("latency_ms", "0.2500")]
    page = engineer.get(f"{ROOT}/{row.pk}/change/").content.decode()
    assert "version B must be live as challenger; there is no challenger" in page
    assert "Stage B as challenger" in page
    engineer.post(f"{ROOT}/{row.pk}/stage/", {"reason": "to be compared"})
    request = PromotionRequest.objects.get()
    assert (request.model, request.role) == (challenger, "challenger")


def test_a_draft_suggests_a_planned_end_in_four_weeks() -> None:
    installed()
    page = browser(Role.MODEL_ENGINEER).get(f"{ROOT}/add/").content.decode()
    assert f'value="{timezone.now() + timedelta(days=28):%Y-%m-%d}"' in page
    assert 'value="00:00:00"' in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"traffic_split": "1.00"}, "traffic_split"),
        ({"enrolled_share": "0", "primary_metric": "latency_ms"}, "enrolled_share"),
        ({"smallest_effect": "0.5"}, "smallest_effect"),
        ({"primary_metric": "recorded"}, "recorded_metric"),
        ({"planned_end_0": "2020-01-01", "planned_end_1": "00:00"}, "planned_end"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    versions: tuple[Deployment, Any], changed: dict[str, str], field: str
) -> None:
    champion, challenger = versions
    typed = fields(model_a=str(champion.model_id), model_b=str(challenger.pk), **changed)
    answer = browser(Role.MODEL_ENGINEER).post(f"{ROOT}/add/", typed)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Experiment.objects.exists()


def test_the_forecast_follows_what_is_typed() -> None:
    row = draft()
    engineer = browser(Role.MODEL_ENGINEER)
    typed = fields(model_a=str(row.model_a_id), model_b=str(row.model_b_id))
    unknown = engineer.get(f"{ROOT}/forecast/", typed).json()
    assert (unknown["can_conclude"], unknown["needed"], unknown["days"]) == (False, 80, None)
    for _ in range(10):
        ShadowScore.objects.create(
            prediction=stored_prediction(model=row.model_a),
            model=row.model_b,
            role="challenger",
            material_probability=0.9,
            verdict="material",
            agrees=False,
        )
    known = engineer.get(f"{ROOT}/forecast/", typed).json()
    assert (known["can_conclude"], known["days"]) == (True, 8)
    assert known["sentence"].endswith("about 8 days at today's traffic.")
    tomorrow = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    late = engineer.get(
        f"{ROOT}/forecast/", {**typed, "planned_end_0": tomorrow, "planned_end_1": "00:00"}
    ).json()
    assert late["sentence"].startswith("Cannot conclude by the planned end")
    tiny = engineer.get(f"{ROOT}/forecast/", {**typed, "smallest_effect": "0.001"}).json()
    assert tiny["sentence"].startswith("Cannot conclude: 50.1%")
    assert engineer.get(f"{ROOT}/forecast/", {**typed, "model_b": "?"}).json()["can_conclude"] is None
    assert browser(Role.REVIEWER).get(f"{ROOT}/forecast/", typed).status_code == 403


def test_the_forecast_of_a_metric_of_users_counts_the_users_of_four_weeks() -> None:
    row = draft(primary_metric="latency_ms")
    users = [person() for _ in range(6)]
    for at, user in enumerate(users):
        created = timezone.now() - timedelta(days=at)
        stored_prediction(user=user, model=row.model_a, latency_ms=10 + at % 2, created_at=created)
    forecast = forecast_experiment(row)
    assert (forecast.can_conclude, forecast.unit, forecast.needed) == (True, "users", 20)
    assert forecast.days is not None
    assert forecast.days > 28


def test_what_cannot_conclude_starts_with_a_reason_only() -> None:
    row = draft()
    approver = browser(Role.APPROVER)
    refused = approver.post(f"{ROOT}/{row.pk}/start/", {})
    assert "give a reason to start it" in refused.content.decode()
    assert browser(Role.MODEL_ENGINEER).post(f"{ROOT}/{row.pk}/start/", {"reason": "me"}).status_code == 403
    approver.post(f"{ROOT}/{row.pk}/start/", {"reason": "A rehearsal"})
    row.refresh_from_db()
    assert row.is_active
    approver.post(
        f"{ROOT}/{row.pk}/change_split/",
        {"traffic_split": "0.90", "enrolled_share": "1.00", "reason": "careful"},
    )
    row.refresh_from_db()
    assert row.phase == 2
    page = approver.get(f"{ROOT}/{row.pk}/change/").content.decode()
    assert "Phase 2 is shown" in page
    assert "traffic_split: 0.50 → 0.90" in page or "split changed" in page


def test_from_a_verdict_to_a_champion_and_back() -> None:
    row = started()
    (user,) = exposed_users(row, Arm.A, 1)
    for _ in range(9):
        disagreement(row, user, b_is_right=True)
    approver, engineer = browser(Role.APPROVER), browser(Role.MODEL_ENGINEER)
    page = approver.get(f"{ROOT}/{row.pk}/change/").content.decode()
    assert "B is better: right in 100% of 9 disagreements" in page
    assert "Exploratory: many segments" in page
    approver.post(f"{ROOT}/{row.pk}/conclude/", {"reason": "decided"})
    row.refresh_from_db()
    assert row.status == "concluded"
    assert approver.post(f"{ROOT}/{row.pk}/ship/", {"reason": "me"}).status_code == 403
    engineer.post(f"{ROOT}/{row.pk}/ship/", {"reason": "It is more accurate."})
    request = PromotionRequest.objects.get(role="champion", closed_at=None)
    assert row.conclusion in request.reason
    approver.post(
        f"/admin/modelops/promotionrequest/{request.pk}/approve/", {"override": "a model of a test"}
    )
    slot = LiveSlot.objects.get(role="champion", profile="*")
    assert slot.deployment.model == row.model_b
    assert "Roll back" in approver.get(f"{ROOT}/{row.pk}/change/").content.decode()
    approver.post(f"{ROOT}/{row.pk}/roll_back/", {"reason": "complaints"})
    slot.refresh_from_db()
    assert slot.deployment.model == row.model_a


def test_the_files_of_results_are_for_those_who_may_see_the_experiment() -> None:
    row = started()
    for user in exposed_users(row, Arm.A, 2):
        answered(row, user, Arm.A)
    lead = browser(Role.LEAD)
    for ending in ("json", "csv", "pdf"):
        answer = lead.get(f"{ROOT}/{row.pk}/results/{ending}/")
        assert answer.status_code == 200
        assert f".{ending}" in answer["Content-Disposition"]
    assert lead.get(f"{ROOT}/{row.pk}/results/exe/").status_code == 404
    assert lead.get(f"{ROOT}/{row.pk}/results/csv/?phase=9").status_code == 404
    assert browser(Role.REVIEWER).get(f"{ROOT}/{row.pk}/results/csv/").status_code == 403


TOLD, WITHHELD = ("Guardrails", "Split of users", "Phases", "Log"), ("Metrics of users", "Segments")


@pytest.mark.parametrize("language", ["en", "de"])
def test_withheld_results_leave_the_same_tables_in_every_language(language: str) -> None:
    row = started()
    for user in exposed_users(row, Arm.A, 80):
        answered(row, user, Arm.A)
    exposed_users(row, Arm.B, 30)
    page = browser(Role.LEAD).get(f"{ROOT}/{row.pk}/change/", headers={"Accept-Language": language})
    with translation.override(language):
        titles = {title: f">{gettext(title)}</h2>" for title in (*TOLD, *WITHHELD)}
    shown = [title for title, heading in titles.items() if heading in page.content.decode()]
    assert shown == list(TOLD)
    assert len(set(titles.values())) == len(titles)


def test_a_file_of_results_says_everything_in_the_language_of_who_takes_it() -> None:
    row = started()
    exposed_users(row, Arm.A, 1)
    german = {"Accept-Language": "de"}
    text = browser(Role.LEAD).get(f"{ROOT}/{row.pk}/results/csv/", headers=german).content.decode()
    assert "– zu wenige Daten" in text
    assert "waiting" not in text
    assert "now" not in text.split()


def test_a_draft_has_no_file_and_every_role_that_may_see_it_opens_its_page() -> None:
    row = draft()
    assert browser(Role.LEAD).get(f"{ROOT}/{row.pk}/results/csv/").status_code == 404
    for role in (Role.LEAD, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert browser(role).get(f"{ROOT}/{row.pk}/change/").status_code == 200


def test_who_may_not_change_a_draft_sees_its_forecast_and_asks_for_no_other() -> None:
    row = draft()
    for role, asks in ((Role.MODEL_ENGINEER, True), (Role.LEAD, False)):
        page = browser(role).get(f"{ROOT}/{row.pk}/change/").content.decode()
        assert forecast_experiment(row).sentence in page
        assert (f'data-url="{ROOT}/forecast/"' in page, "analytics/forecast" in page) == (asks, asks)
