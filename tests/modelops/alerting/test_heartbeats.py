"""Missing heartbeats of scheduler, monitor and sealer raise alerts."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.audit.trail import seal_events
from config.celery import app
from config.process.watchdog import HeartbeatCheckStep, check_in_thread
from modelops.alerting import heartbeats
from modelops.job_runs import run_once
from modelops.models import Alert, AlertChannel, AlertMessage, Heartbeat, JobRun
from modelops.tasks import notify_people, record_heartbeat, report_silent_components
from tests.models import installed
from tests.people import person
from tests.receivers import http_receiver

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def everything_at_work() -> None:
    installed()
    record_heartbeat()
    run_once(heartbeats.MONITOR_JOB, "now", dict)
    seal_events()


def test_everything_at_work_is_said_and_raises_nothing() -> None:
    everything_at_work()
    answer = Client().get("/heartbeats")
    assert (answer.status_code, sorted(answer.json())) == (200, ["beat", "monitor", "sealer"])
    assert not Alert.objects.exists()


def test_a_new_installation_misses_nothing_yet() -> None:
    assert heartbeats.check_components(timezone.now() + timedelta(days=9)) == []


@pytest.mark.parametrize(("part", "minutes"), [("beat", 6), ("monitor", 140), ("sealer", 11)], ids=str)
def test_a_silent_part_raises_its_alert_and_is_cleared_when_it_is_back(part: str, minutes: int) -> None:
    everything_at_work()
    later = timezone.now() + minutes * MINUTE
    Heartbeat.objects.update(at=later if part != "beat" else timezone.now())
    JobRun.objects.update(finished_at=later if part != "monitor" else timezone.now())
    if part == "sealer":
        person()
    assert [late.name for late in heartbeats.check_components(later)] == [part]
    assert Alert.objects.get().rule == f"{part}_silent"
    Heartbeat.objects.update(at=later)
    JobRun.objects.update(finished_at=later)
    seal_events()
    assert heartbeats.check_components(later) == []
    assert Alert.objects.get().state == "resolved"


def test_a_worker_tells_of_a_silent_scheduler_without_the_scheduler() -> None:
    with http_receiver() as (address, hook):
        AlertChannel.objects.create(name="hook", kind="webhook", address=address)
        everything_at_work()
        Heartbeat.objects.update(at=timezone.now() - 6 * MINUTE)
        assert report_silent_components() == ["beat"]
        assert b"The scheduler sends no heartbeat" in hook.posts[0][1]
    assert AlertMessage.objects.get().state == "sent"


def test_from_outside_silence_is_an_error_that_names_the_part() -> None:
    everything_at_work()
    Heartbeat.objects.update(at=timezone.now() - 6 * MINUTE)
    answer = Client().get("/heartbeats")
    assert (answer.status_code, answer.json()["beat"]) == (503, "last heartbeat 6 minutes ago")


def test_every_worker_has_the_timer() -> None:
    assert HeartbeatCheckStep in app.steps["worker"]


@pytest.mark.django_db(transaction=True)
def test_the_timer_asks_in_a_thread_and_closes_its_connection() -> None:
    everything_at_work()
    Heartbeat.objects.update(at=timezone.now() - 6 * MINUTE)
    check_in_thread(app).join()
    assert Alert.objects.get().rule == "beat_silent"
    deadline = time.monotonic() + 5
    while open_connections() > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_connections() == 1


def open_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_people_are_notified_by_the_periodic_task() -> None:
    assert notify_people() == {
        "resolved": 0,
        "repeated": 0,
        "escalated": 0,
        "sent": 0,
        "postponed": 0,
        "given_up": 0,
    }
