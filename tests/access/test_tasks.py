"""Periodic work: what beat asks for exists, and does what it says."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import current_app
from django.conf import settings

from accounts.audit.verification import verify_chain
from accounts.tasks import seal_audit_trail
from feedback.models import ReviewItem
from feedback.tasks import collect_review_items
from modelops.registry.mlflow_registry import REGISTERED_MODEL, create_client, log_version
from modelops.tasks import mirror_registry_aliases
from tests.models import installed, promoted, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def test_everything_on_the_schedule_is_a_task() -> None:
    current_app.loader.import_default_modules()
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert asked <= set(current_app.tasks)


def test_a_thread_of_any_process_sends_its_tasks_to_our_broker() -> None:
    with ThreadPoolExecutor() as elsewhere:
        broker = elsewhere.submit(lambda: current_app.conf.broker_url).result()
    assert broker == settings.CELERY_BROKER_URL


def test_the_trail_is_sealed() -> None:
    person()
    assert seal_audit_trail() == 1
    assert verify_chain().unsealed_count == 0


def test_what_the_streams_picked_is_queued() -> None:
    stored_prediction(stream="audit", selection_probability=0.02)
    assert collect_review_items() == 1
    assert ReviewItem.objects.get().stream == "audit"


@pytest.mark.usefixtures("own_registry")
def test_the_registry_shows_what_is_live_and_what_was_before() -> None:
    first = installed().model
    second = scoring_version("2")
    for version in (first, second):
        logged = log_version(version.name, version.version, {"model.json": b"{}"}, {}, {})
        type(version).objects.filter(pk=version.pk).update(mlflow_run_id=logged.run_id)
    promoted(second)
    assert mirror_registry_aliases() == {"champion": "2", "previous": "1"}
    found = create_client().get_model_version_by_alias(REGISTERED_MODEL, "champion")
    assert found.tags["version"] == "2"
