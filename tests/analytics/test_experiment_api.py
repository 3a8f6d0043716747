"""Experiments over HTTP: list, one, results, and outcomes that clients record."""

import pytest
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import Role
from experiments.models import RecordedMetric
from tests.analytics.test_experiment_results import started
from tests.experiments.test_services import exposed
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


def test_who_may_see_experiments_lists_them_and_reads_results() -> None:
    row = started()
    client = signed_in(person(Role.LEAD))
    listed = client.get("/api/v1/experiments").json()
    assert [found["id"] for found in listed["results"]] == [str(row.pk)]
    assert client.get(f"/api/v1/experiments/{row.pk}").json()["traffic_split"] == 0.5
    results = client.get(f"/api/v1/experiments/{row.pk}/results").json()
    assert results["verdict"]["state"] == "undecided"
    assert results["split"]["state"] == "too few users"
    assert client.get(f"/api/v1/experiments/{row.pk}/results?phase=2").status_code == 404
    assert client.get(f"/api/v1/experiments/{row.pk}/results?phase=x").status_code == 400


def test_a_client_records_an_outcome_once_and_sees_no_result() -> None:
    row = started()
    user = exposed(row)
    client, address = signed_in(user), f"/api/v1/experiments/{row.pk}/metrics"
    outcome = {"name": "minutes", "value": 4.5, "event": "file-7"}
    first = client.post(address, outcome)
    assert first.status_code == 201, first.content
    assert client.post(address, outcome).json() == first.json()
    assert client.post(address, {**outcome, "value": 5}).status_code == 409
    assert client.post(address, {**outcome, "name": "latency_ms"}).status_code == 400
    assert client.post(address, {**outcome, "event": "a name with spaces"}).status_code == 400
    assert RecordedMetric.objects.count() == 1
    assert client.get(f"/api/v1/experiments/{row.pk}/results").status_code == 403


def test_an_idempotency_key_repeats_the_response() -> None:
    row = started()
    client, address = signed_in(exposed(row)), f"/api/v1/experiments/{row.pk}/metrics"
    outcome = {"name": "minutes", "value": 4.5, "event": "file-7"}
    answers = [client.post(address, outcome, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert answers[0].json() == answers[1].json()


def test_a_key_records_only_with_the_scope_feedback() -> None:
    row = started()
    user = exposed(row)
    outcome = {"name": "minutes", "value": 1, "event": "1"}
    for scope, status in (("read", 403), ("feedback", 201)):
        _, key = issue_api_key(user, scope, None, [scope])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
        assert client.post(f"/api/v1/experiments/{row.pk}/metrics", outcome).status_code == status


def test_nobody_records_in_an_experiment_that_none_of_their_comparisons_met() -> None:
    row = started()
    client = signed_in(person(Role.CLIENT))
    answer = client.post(
        f"/api/v1/experiments/{row.pk}/metrics", {"name": "minutes", "value": 1, "event": "1"}
    )
    assert answer.status_code == 400
    assert "No comparison of yours" in answer.content.decode()
