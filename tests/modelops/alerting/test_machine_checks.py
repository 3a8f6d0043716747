"""Alerts on the machine: full disks, server errors, tasks that do not end or keep failing, stuck jobs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from celery.worker import state
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts.audit.trail import seal_events
from accounts.redis_client import call_redis
from accounts.tasks import anchor_audit_trail
from config.celery import app
from config.process.watchdog import check_in_thread, list_running_tasks
from config.web.middleware import AnswerCountMiddleware
from matching.jobs import maintenance, worker
from matching.models import BatchChunk, BatchJob
from matching.tasks import report_stalled_jobs
from modelops.alerting import answer_counts, machine_checks
from modelops.alerting.machine_checks import RunningTask, check_disks, check_error_rate, check_running_tasks
from modelops.models import Alert, AlertChannel
from tests.jobs import PAIRS, csv_file, job_of, worked_off
from tests.models import installed
from tests.people import person
from tests.receivers import http_receiver

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def state_of(rule: str, scope: str = "") -> str:
    return str(
        Alert.objects.filter(rule=rule, scope=scope).order_by("id").values_list("state", flat=True).last()
    )


def test_a_disk_that_is_nearly_full_is_reported_and_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "MIN_FREE_SHARE", 0.0)
    assert not check_disks()
    monkeypatch.setattr(machine_checks, "MIN_FREE_SHARE", 1.0)
    monkeypatch.setattr(machine_checks, "MIN_FREE_BYTES", 2**60)
    assert check_disks()
    assert check_disks()
    alert = Alert.objects.get(rule="disk_nearly_full", scope="VAR_DIR")
    assert (alert.state, alert.severity) == ("firing", "critical")
    assert "GiB are free" in alert.observation
    monkeypatch.setattr(machine_checks, "MIN_FREE_SHARE", 0.0)
    check_disks()
    check_disks()
    assert state_of("disk_nearly_full", "VAR_DIR") == "resolved"


@pytest.fixture
def answer(rf: RequestFactory) -> Callable[[int, int], None]:
    """Give a number of answers with a status, counted from nothing."""
    call_redis(lambda store: store.delete(*store.keys(f"{answer_counts._KEY_PREFIX}:*"), "none"))

    def give(number: int, status: int) -> None:
        view = AnswerCountMiddleware(lambda _: HttpResponse(status=status))
        for _ in range(number):
            view(rf.get("/api/v1/me"))
            view(rf.get("/ready"))

    return give


def test_too_many_server_errors_are_reported_and_few_are_not(answer: Callable[[int, int], None]) -> None:
    now = timezone.now()
    answer(4, 500)
    assert not check_error_rate(now)
    answer(1, 503)
    assert check_error_rate(now)
    assert check_error_rate(now)
    alert = Alert.objects.get(rule="error_rate_high")
    assert (alert.state, alert.severity) == ("firing", "critical")
    assert alert.observation == "5 of 5 answers in 5 minutes were server errors."
    for _ in range(5):
        assert not check_error_rate(now + HOUR)
    assert state_of("error_rate_high") == "resolved"


def test_a_small_share_of_server_errors_is_not_reported(answer: Callable[[int, int], None]) -> None:
    call_redis(lambda store: store.incrby(answer_counts._build_key("all", timezone.now().timestamp()), 1000))
    answer(6, 500)
    assert not check_error_rate(timezone.now())


@pytest.mark.usefixtures("answer")
def test_answers_of_the_product_are_counted_and_probes_are_not(client: Client) -> None:
    client.get("/ready")
    for _ in range(3):
        client.get("/api/v1/me")
    counted, failed = answer_counts.read_counts(timezone.now(), 2)
    assert (counted >= 1, failed) == (True, 0)


def test_a_task_that_does_not_end_is_reported_for_its_worker() -> None:
    now = timezone.now()
    tasks = [RunningTask("matching.tasks.compare_chunks", now - 2 * HOUR), RunningTask("x.y", now)]
    assert check_running_tasks("worker-1", tasks, now)
    alert = Alert.objects.get(rule="worker_blocked", scope="worker-1")
    assert (alert.state, alert.severity) == ("firing", "critical")
    assert "matching.tasks.compare_chunks since" in alert.observation
    assert not check_running_tasks("worker-1", tasks[1:], now)
    assert state_of("worker_blocked", "worker-1") == "resolved"


def test_a_training_may_take_longer() -> None:
    now = timezone.now()
    assert not check_running_tasks(
        "worker", [RunningTask("feedback.tasks.retrain_model", now - 5 * HOUR)], now
    )
    assert check_running_tasks("worker", [RunningTask("feedback.tasks.retrain_model", now - 7 * HOUR)], now)


@pytest.mark.django_db(transaction=True)
def test_the_timer_of_a_worker_reports_its_own_tasks_at_once() -> None:
    class Request:
        name = "matching.tasks.compare_chunks"
        time_start = (timezone.now() - 2 * HOUR).timestamp()

    request = Request()
    app.loader.import_default_modules()  # as a worker does when it starts
    state.active_requests.add(request)
    try:
        assert list_running_tasks() == [(request.name, request.time_start)]
        with http_receiver() as (address, hook):
            AlertChannel.objects.create(name="hook", kind="webhook", address=address)
            check_in_thread(app).join()
        assert b"A worker does not finish a task" in hook.posts[0][1]
    finally:
        state.active_requests.discard(request)


def test_a_scheduled_task_that_keeps_failing_is_reported_and_cleared_by_success(
    settings: Settings, tmp_path: Path
) -> None:
    person()
    seal_events()
    settings.AUDIT_ANCHOR_PATH = str(tmp_path)  # a folder where a file is needed
    task = anchor_audit_trail
    states = []
    for _ in range(3):
        task.apply()
        states.append(state_of("task_failing", task.name))
    assert states == ["pending", "pending", "firing"]
    assert Alert.objects.get(rule="task_failing").observation == "The last error: IsADirectoryError."
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")
    task.apply()
    assert state_of("task_failing", task.name) == "resolved"


@pytest.fixture
def job() -> BatchJob:
    installed()
    return job_of(person(), csv_file(PAIRS))


def test_a_job_that_no_worker_takes_is_reported_and_cleared(job: BatchJob) -> None:
    now = timezone.now()
    assert not maintenance.check_stalled_jobs(now)
    assert maintenance.check_stalled_jobs(now + HOUR)
    assert str(job.pk) in Alert.objects.get(rule="bulk_job_stalled").observation
    worked_off(job)
    assert not maintenance.check_stalled_jobs(now + HOUR)
    assert state_of("bulk_job_stalled") == "resolved"


def test_a_part_that_is_taken_again_and_again_is_reported(job: BatchJob) -> None:
    worker.split_job_file(job.pk)
    assert not report_stalled_jobs()
    BatchChunk.objects.update(attempts=3)  # as three killed workers leave it
    assert report_stalled_jobs()
    assert state_of("bulk_job_stalled") == "firing"
