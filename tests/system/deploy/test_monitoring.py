"""A real Prometheus watches the running product under load: rules, dashboards, alerts, two hosts."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from config.local.ports import find_free_port
from deploy.monitoring import dashboards
from tests.receivers import Hook, http_receiver
from tests.system.browser.people import Client, move_in
from tests.system.browser.product import ROOT, Product, product
from tests.system.deploy.monitoring import (
    FOLDER,
    PATIENCE_SECONDS,
    Prometheus,
    Traces,
    install_programs,
    prometheus,
)

PAIRS = [
    *((f"Acme {number} Widgets Ltd", f"ACME {number} Wigets Limited") for number in range(39)),
    ("Acme Fund II LP", "Acme Fund III LP"),
]
JOB_ROWS = 6_000
GROWTH = {
    'sum(lnc_predictions_total{source="api"})': len(PAIRS) + 10,
    'sum(lnc_predictions_total{source="batch"})': len(PAIRS),
    'sum(lnc_predictions_total{source="job"})': JOB_ROWS,
    'sum(lnc_job_rows_total{outcome="compared"})': JOB_ROWS,
    'sum(requests_total{endpoint="compare",status="201"})': len(PAIRS) + 10,
    'sum(request_duration_seconds_count{endpoint="compare"})': len(PAIRS) + 10,
}
"""What the load adds to a query, from whichever host."""

QUIET = {
    "Alerts of Prometheus",
    "Certificate expires in",  # asked by prometheus-blackbox-exporter of a gateway
    "Tasks that failed",
    "Alerts of the product",
    "Precision",  # needs weeks of reviewed audits
    "Recall",
}
"""Panels whose queries may be without series in an installation that is an hour old and well."""

MARKERS = ("Zyxwvut", "Qponmlk")
PAIR = {"name1": f"{MARKERS[0]} Marker Ltd", "name2": f"{MARKERS[1]} Marker Limited"}
CHUNK_TASK = "legal-names-worker: run/matching.tasks.compare_next_chunk"
MLFLOW = {
    f"legal-names-worker: {name}"
    for name in ("run/modelops.tasks.mirror_registry_aliases", "connect", "SELECT")
}
"""The task that sets MLflow's aliases, with statements of MLflow's store."""

_SEND_MIRROR = """
from modelops.tasks import mirror_registry_aliases
mirror_registry_aliases.delay()
print("true")
"""
_REVIEW = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from feedback.monitoring.performance import monitor_hour
from feedback.review import decisions, queue
from feedback.review.enqueueing import enqueue_prediction
from matching.models import Prediction
for row in Prediction.objects.order_by("pk")[:3]:
    enqueue_prediction(row, "uncertain")
reviewer = User.objects.get(email="reviewer1@example.com")
decisions.submit_decision(queue.claim_next_item(reviewer), reviewer, False, "The same company.")
hour = timezone.now().replace(minute=0, second=0, microsecond=0)
print(json.dumps(monitor_hour(hour).counted))
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[str, Hook]]:
    """Address of a receiver of traces, and what it was sent."""
    with http_receiver() as (address, hook):
        yield address.removesuffix("/hook"), hook


@pytest.fixture(scope="module")
def running(receiver: tuple[str, Hook]) -> Iterator[Product]:
    """The whole product with people in it, every trace of which is sent."""
    install_programs()
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver[0], "OTEL_TRACES_SAMPLER_ARG": "1"}
    with product(secrets.token_urlsafe(16), **traced) as installation:
        move_in(installation)
        yield installation


@dataclass(frozen=True)
class SecondHost:
    """A worker with a folder of metrics of its own, as on another host, and the port of its metrics."""

    port: int
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End it with its children, as a lost host would."""
        os.killpg(self.process.pid, signal.SIGKILL)


@contextmanager
def second_host(running: Product, folder: Path) -> Iterator[SecondHost]:
    """Run a second worker for the queue of jobs."""
    port, log = find_free_port(), folder / "worker.log"
    command = [sys.executable, "-m", "celery", "--app=config", "worker", "--queues=jobs", "--concurrency=1"]
    own = {"METRICS_PORT": str(port), "PROCESS_ROLE": "worker"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--hostname=second@%h"],
            cwd=ROOT,
            env={**running.environment(), **own},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(lambda: requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).ok)
        yield SecondHost(port, process)
    finally:
        process.terminate()
        process.wait(60)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.3)
    raise AssertionError("nothing happened in time")


def make_load(running: Product) -> None:
    """Ask in every way of the API, send a job and let it end, review, monitor, back up."""
    api, session = f"{running.base}/api/v1", Client(running).session
    bodies = [{"name1": one, "name2": other} for one, other in PAIRS]
    for body in [*bodies, *bodies[:10]]:
        assert session.post(f"{api}/compare", json=body, timeout=60).status_code == 201
    assert session.post(f"{api}/compare/batch", json={"pairs": bodies}, timeout=60).status_code == 201
    assert session.post(f"{api}/compare/profiles", json=bodies[0], timeout=60).status_code == 200
    lines = ["name1,name2", *(f"Acme {number} Ltd,ACME {number} Limited" for number in range(JOB_ROWS))]
    files = {"file": ("pairs.csv", "\n".join(lines), "text/csv")}
    job = session.post(f"{api}/jobs", files=files, timeout=60).json()["id"]
    until(lambda: session.get(f"{api}/jobs/{job}", timeout=60).json()["status"] == "succeeded")
    assert running.python(_REVIEW) > 0
    command = [sys.executable, "manage.py", "record_backup"]
    subprocess.run(command, cwd=ROOT, env=running.environment(), check=True, capture_output=True)


def test_prometheus_watches_the_product_under_load(running: Product, tmp_path: Path) -> None:
    with http_receiver() as (webhook, hook), second_host(running, tmp_path) as worker:
        web = int(running.base.rpartition(":")[2])
        with prometheus(tmp_path, {"web": [web], "worker": [worker.port]}, webhook) as server:
            server.await_series("sum(up) == 2 and on () requests_total")
            before = {query: server.read(query) or 0 for query in GROWTH}
            make_load(running)
            for query, growth in GROWTH.items():
                server.await_series(f"{query} == {before[query] + growth}")
            check_processes(server)
            check_dashboards(server)
            sys.stderr.write(f"\n{measure_scrapes(server)}\n")
            worker.kill()
            check_alert_arrives(hook.posts)


def check_processes(server: Prometheus) -> None:
    """Every role shows its processes, and each of them its generation."""
    roles = {row["metric"]["role"] for row in server.ask("process_cpu_seconds_total > 0")}
    assert roles == {"web", "worker", "beat"}
    # Two of the web server; of the worker its main process and two children; beat.
    assert len(server.ask('process_resident_memory_bytes{job="web"} > 1e6')) == 6
    assert len(server.ask('process_resident_memory_bytes{job="worker"} > 1e6')) == 2
    assert len(server.ask("lnc_process_generation == on () group_left () max(lnc_live_generation)")) == 5


def check_dashboards(server: Prometheus) -> None:
    """Every query of every dashboard runs and, but for the quiet ones, finds something in a few scrapes."""
    for panel in [panel for board in dashboards.DASHBOARDS.values() for panel in board]:
        for query in panel.queries.values():
            if panel.title in QUIET:
                server.ask(query)
            else:
                server.await_series(query)


def measure_scrapes(server: Prometheus) -> str:
    """Say what a scrape costs."""
    series = server.read('scrape_samples_scraped{job="web"}')
    seconds = server.read('max_over_time(scrape_duration_seconds{job="web"}[1m])')
    return f"web: {series:.0f} series a scrape, at most {seconds:.3f} s"


def check_alert_arrives(posts: list[tuple[dict[str, str], bytes]]) -> None:
    """The alert on the killed worker reaches the receiver of Alertmanager."""

    def told() -> bool:
        alerts = [alert for _, body in list(posts) for alert in json.loads(body)["alerts"]]
        return any(
            alert["labels"]["alertname"] == "ProgramDown" and alert["labels"]["job"] == "worker"
            for alert in alerts
        )

    until(told)


def test_one_trace_from_request_to_job_and_mlflow_without_a_name(
    running: Product, receiver: tuple[str, Hook]
) -> None:
    traces, api, session = Traces(receiver[1]), f"{running.base}/api/v1", Client(running).session
    answer = session.post(f"{api}/compare", json=PAIR, timeout=60)
    refused = session.post(f"{api}/compare", json={**PAIR, "profile": MARKERS[0]}, timeout=60)
    files = {"file": ("pairs.csv", f"name1,name2\n{PAIR['name1']},{PAIR['name2']}\n", "text/csv")}
    job = session.post(f"{api}/jobs", files=files, headers={"X-Request-ID": "request-of-a-job"}, timeout=60)
    assert [reply.status_code for reply in (answer, refused, job)] == [201, 400, 201]
    trace_of_pair, trace_of_job = read_trace(answer), read_trace(job)
    until(lambda: CHUNK_TASK in traces.names(trace_of_job))
    running.python(_SEND_MIRROR)
    until(lambda: bool(traces.find(MLFLOW)))
    found = traces.names(trace_of_pair)
    assert {f"legal-names-web: {name}" for name in ("POST api/v1/compare", "INSERT", "SELECT")} <= found
    assert found & {f"legal-names-web: {command}" for command in ("EVALSHA", "GET", "SET")}
    logs = {
        name: (running.home / "log" / f"{name}.log").read_text(encoding="utf-8") for name in ("web", "worker")
    }
    lines = [json.loads(line) for line in logs["worker"].splitlines() if line.startswith("{")]
    of_job = [line for line in lines if line.get("trace_id") == trace_of_job]
    assert {line["request_id"] for line in of_job} == {"request-of-a-job"}
    everything = "".join([traces.text, *logs.values()])
    assert [marker for marker in MARKERS if marker in everything] == []


def read_trace(answer: requests.Response) -> str:
    """The trace id of an answer, whose trace is sent."""
    version, trace_id, span_id, flags = answer.headers["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id), int(flags, 16) & 1) == ("00", 32, 16, 1)
    return trace_id


def test_rules_and_configurations_are_right() -> None:
    install_programs()
    for command in (
        ["promtool", "check", "rules", "rules.yml"],
        ["promtool", "test", "rules", "rules.test.yml"],
        ["promtool", "check", "config", "--syntax-only", "prometheus.yml"],
        ["amtool", "check-config", "alertmanager.yml"],
    ):
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
