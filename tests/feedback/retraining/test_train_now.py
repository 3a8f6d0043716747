"""An engineer asks for a training on a page of its own: a link that is followed begins none."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.urls import reverse

from accounts.models import Role
from tests.people import browse, person

pytestmark = pytest.mark.django_db
QUEUE = "train"


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    """No training waits before a test, nor after it."""
    purge()
    yield
    purge()


def purge() -> None:
    with current_app.connection_for_write() as broker:
        open_store(broker).delete(QUEUE)


def count_waiting() -> int:
    with current_app.connection_for_read() as broker:
        return int(open_store(broker).llen(QUEUE))


def open_store(broker: Any) -> Any:
    """The client of the store that the broker's queues are lists of."""
    return broker.default_channel.client


def test_a_training_begins_by_confirmation_and_not_by_following_the_link() -> None:
    client, address = browse(person(Role.MODEL_ENGINEER)), reverse("admin:feedback_feedback_train_now")
    assert "Train a candidate now?" in client.get(address).content.decode()
    assert count_waiting() == 0
    answer = client.post(address, follow=True)
    assert "The training is enqueued" in answer.content.decode()
    assert count_waiting() == 1


def test_who_may_not_train_does_not_see_the_page() -> None:
    answer = browse(person(Role.REVIEWER)).post(reverse("admin:feedback_feedback_train_now"))
    assert answer.status_code == 403
    assert count_waiting() == 0
