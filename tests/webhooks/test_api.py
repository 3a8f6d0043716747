"""Customers keep their own webhooks over the API: secrets once, others' not at all, refusals as problems."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import Role, User
from feedback.models import UNDO_WINDOW
from feedback.review.decisions import submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from tests.models import stored_prediction
from tests.people import person, signed_in
from tests.reviews import claim_item
from tests.webhooks.customers import ALL_EVENTS, happen, open_message, subscribe
from webhooks.models import WebhookEndpoint, WebhookEvent
from webhooks.sending import deliver_due_messages

pytestmark = pytest.mark.django_db

ADDRESS = "https://cases.example.com/hooks"


@pytest.fixture
def client(user: User) -> APIClient:
    return signed_in(user)


def create(client: APIClient, **change: Any) -> dict[str, Any]:
    body = {"url": ADDRESS, "events": list(ALL_EVENTS), "description": "Case system", **change}
    answer = client.post("/api/v1/webhooks", body)
    assert answer.status_code == 201, answer.content
    row: dict[str, Any] = answer.json()
    return row


def test_a_webhook_is_created_read_changed_and_removed(client: APIClient) -> None:
    row = create(client)
    place = f"/api/v1/webhooks/{row['id']}"
    secret = row.pop("secret")
    assert secret.startswith("whsec_")
    assert client.get(place).json() == row
    assert client.get("/api/v1/webhooks").json() == {"results": [row], "next": None}
    changed = client.patch(place, {"events": ["job.failed"]}).json()
    assert (changed["events"], changed["url"], changed["description"]) == (
        ["job.failed"],
        ADDRESS,
        "Case system",
    )
    assert client.patch(place, {"enabled": False}).json()["switched_off_by"] == "owner"
    assert client.patch(place, {"enabled": True}).json()["enabled"] is True
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_a_secret_is_shown_once(client: APIClient) -> None:
    row = create(client)
    place = f"/api/v1/webhooks/{row['id']}"
    rotated = client.post(f"{place}/rotate", {"overlap_hours": 1}).json()
    assert rotated["secret"] not in ("", row["secret"])
    assert rotated["old_secret_until"] is not None
    for answer in (client.get(place), client.get("/api/v1/webhooks"), client.patch(place, {})):
        assert "whsec_" not in answer.content.decode()
    assert client.post(f"{place}/rotate", {"overlap_hours": 0}).json()["old_secret_until"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://cases.example.com/x"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://somebody@cases.example.com/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["webhook.test"]}, "events"),
        ({"description": "x" * 101}, "description"),
    ],
)
def test_what_cannot_be_a_webhook_names_the_field(
    client: APIClient, change: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/webhooks", {"url": ADDRESS, "events": ["job.failed"], **change})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert WebhookEndpoint.objects.count() == 0


def test_the_webhooks_of_others_are_not_there(client: APIClient) -> None:
    other = person(Role.CLIENT)
    with subscribe(other) as (endpoint, _, _):
        happen(other)
        delivery = endpoint.deliveries.get()
        place = f"/api/v1/webhooks/{endpoint.pk}"
        log = f"{place}/deliveries"
        assert client.get("/api/v1/webhooks").json()["results"] == []
        for method, address in (
            ("get", place),
            ("patch", place),
            ("delete", place),
            ("post", f"{place}/rotate"),
            ("post", f"{place}/test"),
            ("get", log),
            ("get", f"{log}/{delivery.pk}"),
            ("post", f"{log}/{delivery.pk}/redeliver"),
        ):
            assert getattr(client, method)(address).status_code == 404, (method, address)


def test_a_key_needs_the_scope(user: User) -> None:
    for scope, status in (("webhooks", 200), ("read", 403), ("feedback", 403)):
        _, key = issue_api_key(user, scope, None, [scope])
        answer = APIClient().get("/api/v1/webhooks", HTTP_AUTHORIZATION=f"Api-Key {key}")
        assert answer.status_code == status, scope


def test_a_test_event_arrives_and_is_in_the_log_with_every_attempt(user: User, client: APIClient) -> None:
    with subscribe(user) as (endpoint, secret, hook):
        hook.answers = [(503, {})]
        place = f"/api/v1/webhooks/{endpoint.pk}"
        row = client.post(f"{place}/test").json()
        assert client.post(f"{place}/test").status_code == 409
        deliver_due_messages(endpoint.pk)
        log = f"{place}/deliveries"
        shown = client.get(log).json()["results"][0]
        assert (shown["state"], shown["status_code"], shown["attempts"]) == ("waiting", 503, 1)
        assert shown["next_attempt_at"] is not None
        assert client.post(f"{log}/{row['id']}/redeliver").json()["attempts"] == 0
        deliver_due_messages(endpoint.pk)
        detail = client.get(f"{log}/{row['id']}").json()
        assert (detail["state"], detail["next_attempt_at"]) == ("delivered", None)
        assert [attempt["status_code"] for attempt in detail["log"]] == [200, 503]
        assert detail["payload"] == open_message(secret, hook.posts[1])
        assert detail["webhook_id"] == hook.posts[1][0]["webhook-id"]


def test_a_switched_off_webhook_says_so(client: APIClient) -> None:
    row = create(client)
    place = f"/api/v1/webhooks/{row['id']}"
    client.patch(place, {"enabled": False})
    answer = client.post(f"{place}/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_refused")
    assert "switch it on" in answer.json()["detail"]


def test_the_log_is_filtered_and_paged(
    user: User, client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with subscribe(user) as (endpoint, _, hook):
        for number in range(3):
            happen(user, f"job-{number}")
        hook.answers = [(200, {}), (500, {})]
        deliver_due_messages(endpoint.pk)
        log = f"/api/v1/webhooks/{endpoint.pk}/deliveries"
        first = client.get(log, {"limit": 2}).json()
        with django_assert_num_queries(3):  # who asks, the webhook, the page
            second = client.get(log, {"limit": 2, "cursor": first["next"]}).json()
        assert [len(first["results"]), len(second["results"]), second["next"]] == [2, 1, None]
        assert len(client.get(log, {"state": "delivered"}).json()["results"]) == 1
        assert client.get(log, {"state": "lost"}).status_code == 400


def test_the_log_shows_no_decision_that_can_still_be_undone(user: User, client: APIClient) -> None:
    with subscribe(user) as (endpoint, _, _):
        stored_prediction(user=user, verdict="review", stream="uncertain", selection_probability=0.5)
        enqueue_sampled_predictions()
        reviewer = person(Role.REVIEWER)
        item = claim_item(reviewer)
        submit_decision(item, reviewer, True)
        log = f"/api/v1/webhooks/{endpoint.pk}/deliveries"
        assert client.get(log).json()["results"] == []
        delivery = endpoint.deliveries.get()
        assert client.get(f"{log}/{delivery.pk}").status_code == 404
        assert client.post(f"{log}/{delivery.pk}/redeliver").status_code == 404
        WebhookEvent.objects.update(visible_at=timezone.now() - UNDO_WINDOW)
        assert client.get(log).json()["results"][0]["event"] == "prediction.decided"
