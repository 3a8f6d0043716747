"""The lists of predictions do not tell a reviewer the verdict of a pair that waits for a decision."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import ReviewItem
from matching.models import Prediction
from tests.models import create_item, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

PAIR = ("Xylophonia Quince Ltd", "Acme Ltd")
LIST = "admin:matching_prediction_changelist"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    """The page without the motto of the site."""
    return b"".join(cast("Iterable[bytes]", answer)).decode().replace("Material or immaterial?", "")


def answers_shown(user: User, prediction: Prediction) -> list[bool]:
    """Whether list, page and revealed names show the verdict of a prediction."""
    client = browser(user)
    sent = client.post(reverse("admin:matching_prediction_find_pair"), {"name1": PAIR[0], "name2": PAIR[1]})
    shown = [
        text(client.get(sent["Location"])),
        text(client.get(reverse("admin:matching_prediction_change", args=[prediction.pk]))),
        text(client.post(reverse("admin:matching_prediction_reveal", args=[prediction.pk]))),
    ]
    assert PAIR[0] in shown[2]
    return ["Material" in page for page in shown]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD])
def test_the_verdict_is_hidden_until_the_pair_is_decided_also_on_other_predictions_of_it(role: str) -> None:
    waiting = stored_prediction(*PAIR, verdict="material", stream="audit", selection_probability=1.0)
    same = stored_prediction(*PAIR, verdict="material")
    user = person(role)
    assert answers_shown(user, same) == [False, False, False]
    item = create_item(waiting)
    assert answers_shown(user, same) == answers_shown(user, waiting) == [False, False, False]
    item.state, item.done_at = ReviewItem.State.DONE, item.created_at
    item.save()
    assert answers_shown(user, same) == [True, True, True]


def test_no_filter_and_no_order_tells_a_reviewer_the_verdict() -> None:
    create_item(stored_prediction(*PAIR, verdict="material", stream="uncertain", selection_probability=1.0))
    client = browser(person(Role.REVIEWER))
    for query in (
        "verdict=material",
        "verdict__exact=immaterial",
        "stream__exact=uncertain",
        "confidence__gt=0.5",
    ):
        assert client.get(f"{reverse(LIST)}?{query}").status_code == 400
    listing = text(client.get(f"{reverse(LIST)}?o=2"))
    assert "hidden until the pair is decided" in listing
    assert "Material" not in listing
    assert listing.count("sort by") == text(client.get(reverse(LIST))).count("sort by")


def test_those_who_do_not_review_see_the_verdict() -> None:
    create_item(stored_prediction(*PAIR, verdict="material", stream="uncertain", selection_probability=1.0))
    for role in (Role.AUDITOR, Role.MODEL_ENGINEER, Role.ADMINISTRATOR):
        assert "Material" in text(browser(person(role)).get(reverse(LIST)))


def test_the_list_of_a_reviewer_costs_the_same_for_few_and_for_many() -> None:
    client, counts = browser(person(Role.REVIEWER)), []
    for _ in range(2):
        for turn in range(10):
            stored_prediction(f"A {turn}")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(LIST))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_of_items_shows_those_that_wait_first_by_due_time() -> None:
    now = timezone.now()
    done = [
        create_item(stored_prediction(*PAIR), state="done", done_at=now + timedelta(days=at)) for at in (1, 2)
    ]
    later, sooner = (create_item(stored_prediction(*PAIR), due_at=now + timedelta(days=at)) for at in (9, 3))
    page = browser(person(Role.LEAD)).get(reverse("admin:feedback_reviewitem_changelist"))
    assert list(page.context["cl"].result_list) == [sooner, later, *reversed(done)]
