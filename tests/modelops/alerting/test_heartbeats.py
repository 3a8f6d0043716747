"""Missing heartbeats of scheduler, monitor and sealer raise alerts."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django import Settings

from accounts.audit.anchor import publish_anchor
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


@pytest.fixture(autouse=True)
def own_anchors(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")


def everything_at_work() -> None:
    installed()
    record_heartbeat()
    run_once(heartbeats.MONITOR_JOB, "now", dict)
    create_schedule()
    seal_events()
    publish_anchor()


def create_schedule() -> None:
    schedule, _ = IntervalSchedule.objects.get_or_create(every=10, period="seconds")
    for task in (heartbeats.SEAL_TASK, heartbeats.ANCHOR_TASK):
        PeriodicTask.objects.create(name=task, task=task, interval=schedule)


def test_everything_at_work_is_said_and_raises_nothing() -> None:
    everything_at_work()
    answer = Client().get("/heartbeats")
    assert (answer.status_code, sorted(answer.json())) == (
        200,
        ["anchor", "audit_forwarding", "audit_schedule", "beat", "monitor", "sealer"],
    )
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
    publish_anchor()
    assert heartbeats.check_components(later) == []
    assert Alert.objects.get().state == "resolved"


def test_events_that_are_sealed_and_not_anchored_raise_an_alert() -> None:
    everything_at_work()
    person()
    seal_events()
    later = timezone.now() + 136 * MINUTE
    assert "anchor" in {late.name for late in heartbeats.check_components(later)}
    assert Alert.objects.filter(rule="anchor_silent", state="firing").exists()
    publish_anchor()
    assert "anchor" not in {late.name for late in heartbeats.check_components(later)}


def test_a_target_that_fails_is_late_although_the_others_are_served(settings: Settings) -> None:
    everything_at_work()
    settings.AUDIT_TSA_URL = "http://127.0.0.1:1/"
    settings.AUDIT_TSA_CERTIFICATES = "nowhere"
    person()
    seal_events()
    with pytest.raises(OSError, match="cannot be reached"):
        publish_anchor()
    assert "anchor" in {late.name for late in heartbeats.check_components(timezone.now() + 136 * MINUTE)}


def test_events_that_the_receiver_outside_does_not_take_raise_an_alert(settings: Settings) -> None:
    everything_at_work()
    settings.AUDIT_FORWARD_URL = "http://127.0.0.1:1/"
    later = timezone.now() + 16 * MINUTE
    assert "audit_forwarding" in {late.name for late in heartbeats.check_components(later)}


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"one_off": True}, {"task": "x"}, {"expires": "2020-01-01T00:00Z"}, None]
)
@pytest.mark.parametrize("task", [heartbeats.SEAL_TASK, heartbeats.ANCHOR_TASK])
def test_sealing_or_anchoring_that_is_switched_off_raises_an_alert_at_once(
    task: str, change: dict[str, object] | None
) -> None:
    everything_at_work()
    rows = PeriodicTask.objects.filter(task=task)
    assert rows.update(**change) if change else rows.delete()
    for _ in range(2):
        assert "audit_schedule" in {late.name for late in heartbeats.check_components()}
    alert = Alert.objects.get(rule="audit_schedule_silent")
    assert (alert.state, alert.severity) == ("firing", "critical")
    PeriodicTask.objects.all().delete()
    create_schedule()
    heartbeats.check_components()
    alert.refresh_from_db()
    assert alert.state == "resolved"


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
    deadline = time.monotonic() + 60
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
