"""What /metrics shows: every metric once, documented, bounded, and right under several processes."""

import io
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client import REGISTRY, Metric
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Role
from config.local.ports import find_free_port
from config.metrics import server
from config.metrics.exposition import build_registry
from config.metrics.processes import drop_dead_processes, register_process
from feedback.models import ReviewItem
from feedback.review.enqueueing import enqueue_prediction
from matching.models import PredictionSource, ReviewStream
from modelops.alert_rules import ALERT_RULES
from modelops.models import DriftReport, ModelMetric, Reference
from tests.jobs import csv_file, job_of, worked_off
from tests.models import installed, stored_prediction
from tests.people import person, signed_in

PAGE = settings.BASE_DIR / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", re.M)


def shown(client: Client) -> dict[str, Metric]:
    """The families of /metrics by name."""
    text = client.get("/metrics").content.decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families: dict[str, Metric], name: str, /, **labels: str) -> float:
    """The sum of the samples with these labels."""
    family = families[name.removesuffix("_total")]
    return sum(
        sample.value
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def our_metrics() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, type and labels of every metric of this product."""
    register_process("web")
    for family in REGISTRY.collect():
        if family.name.startswith("lnc_"):
            collector: Any = REGISTRY._names_to_collectors[family.name]
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield name, family.type, tuple(collector._labelnames)
    for collector in build_registry(with_installation=True)._collector_to_names:
        for family in collector.describe():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield name, family.type, tuple(family._labelnames)


@pytest.mark.django_db
def test_the_page_of_metrics_names_each_with_its_type_and_labels_once(client: Client) -> None:
    shown(client)
    rows = [
        (name, kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall(PAGE.read_text(encoding="utf-8"))
    ]
    assert sorted(rows) == sorted(our_metrics())


@pytest.mark.django_db
def test_every_way_to_compare_is_counted_by_its_source(client: Client) -> None:
    installed()
    user = person(Role.CLIENT)
    before = shown(client)
    pair = {"name1": "Acme Widgets Ltd", "name2": "Acme Widgets Limited"}
    assert signed_in(user).post("/api/v1/compare", pair).status_code == 201
    assert signed_in(user).post("/api/v1/compare/batch", {"pairs": [pair] * 3}).status_code == 201
    client.force_login(user)
    assert client.post("/", {**pair, "profile": "general", "kind": "auto"}).status_code == 302
    after = shown(client)
    for source, count in ((PredictionSource.API, 1), (PredictionSource.BATCH, 3), (PredictionSource.PAGE, 1)):
        labels = {"source": source.value, "profile": "general", "model_version": "1"}
        name = "lnc_predictions_total"
        assert value(after, name, **labels) - value(before, name, **labels) == count, source


@pytest.mark.django_db
def test_no_label_holds_a_name_a_user_or_a_client(client: Client) -> None:
    installed()
    user = person(Role.CLIENT)
    signed_in(user).post("/api/v1/compare", {"name1": "Zyxwvut Marker Ltd", "name2": "Qponmlk Marker"})
    text = client.get("/metrics").content.decode()
    assert [word for word in ("Zyxwvut", "Qponmlk", user.email, str(user.pk)) if word in text] == []
    names = {
        label for family in shown(client).values() for sample in family.samples for label in sample.labels
    }
    assert names & {"user", "client", "email", "path", "url", "job", "instance", "job_id"} == set()


@pytest.mark.django_db
def test_the_rows_of_a_job_are_counted_by_verdict_and_those_refused_apart(client: Client) -> None:
    installed()
    before = shown(client)
    rows = [("Acme Widgets Ltd", "Acme Widgets Limited"), ("Acme Ltd", ""), ("Acme", "Acme")]
    worked_off(job_of(person(Role.CLIENT), csv_file(rows)))
    after = shown(client)
    grown = {
        (name, tuple(labels.items())): value(after, name, **labels) - value(before, name, **labels)
        for name, labels in (
            ("lnc_predictions_total", {"source": "job"}),
            ("lnc_job_rows_total", {"outcome": "compared"}),
            ("lnc_job_rows_total", {"outcome": "refused"}),
        )
    }
    assert list(grown.values()) == [2, 2, 1]


@pytest.mark.django_db
def test_a_queue_shows_its_length_and_the_age_of_its_oldest_message(client: Client) -> None:
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.delete("train")
    current_app.send_task("made.up", queue="train")
    broker.rpush("train", b'{"headers": {"sent_at": %d}}' % (time.time() - 3600))
    found = shown(client)
    broker.delete("train")
    assert value(found, "lnc_queue_length", queue="train") == 2
    assert 3590 < value(found, "lnc_queue_age_seconds", queue="train") < 7200
    assert value(shown(client), "lnc_queue_age_seconds", queue="train") == 0


@pytest.mark.django_db
def test_every_alert_rule_is_shown_and_is_zero_while_nothing_fires(client: Client) -> None:
    samples = shown(client)["lnc_alerts_firing"].samples
    assert {sample.labels["rule"]: sample.value for sample in samples} == dict.fromkeys(ALERT_RULES, 0.0)


@pytest.mark.django_db
def test_a_lost_store_leaves_out_its_metrics_and_is_counted(client: Client) -> None:
    with override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0"):
        found = shown(client)
    assert value(found, "lnc_metrics_unreadable") == 2
    assert found["lnc_queue_length"].samples == []
    assert value(found, "memory_usage_percent") > 0


def test_a_killed_process_leaves_no_gauge_behind(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    own, gone = (tmp_path / f"gauge_liveall_{pid}.db" for pid in (os.getpid(), ended.pid))
    own.touch()
    gone.touch()
    counted = tmp_path / f"counter_{ended.pid}.db"
    counted.touch()
    drop_dead_processes(tmp_path)
    assert (own.exists(), gone.exists(), counted.exists()) == (True, False, True)


@override_settings(METRICS_PORT=0)
def test_a_worker_without_a_port_serves_no_metrics() -> None:
    assert server.start_server() is None


def test_a_worker_serves_its_metrics_to_the_bearer_of_the_token_only() -> None:
    with override_settings(METRICS_PORT=find_free_port(), METRICS_TOKEN="a token"):
        running = server.start_server()
        assert running is not None
        address = f"http://127.0.0.1:{running.server_port}/metrics"
        try:
            assert b"memory_usage_percent" in read(address, "Bearer a token")
            for bad in (address, f"{address}/else"):
                with pytest.raises(urllib.error.HTTPError):
                    read(bad, "Bearer another")
        finally:
            running.shutdown()
            running.server_close()


def read(address: str, authorization: str) -> bytes:
    request = urllib.request.Request(address, headers={"Authorization": authorization})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


@pytest.mark.django_db
def test_the_installation_shows_models_reviews_drift_and_the_backup(client: Client) -> None:
    champion = installed().model
    now = timezone.now()
    old, new = ({"recorded_at": now - timedelta(hours=hours)} for hours in (5, 1))
    for name, share, at in (
        ("accuracy (labelled, at most)", 0.80, old),
        ("accuracy (labelled, at most)", 0.91, new),
        ("recall (labelled)", 0.93, {"recorded_at": now - timedelta(days=3)}),
    ):
        ModelMetric.objects.create(model=champion, metric_name=name, metric_value=share, **at)
    slice_of = {"model": champion, "profile": "kyc", "kind": "organisation"}
    reference = Reference.objects.create(**slice_of, origin="corpus", n=100, binning={}, counts={})
    for ago, psi in ((2, 0.4), (1, 0.2)):
        end = now - timedelta(hours=ago)
        window = {"span": "hour", "start": end - timedelta(hours=1), "end": end}
        DriftReport.objects.create(**slice_of, **window, reference=reference, n=100, largest_psi=psi)
    item = enqueue_prediction(stored_prediction(model=champion), ReviewStream.UNCERTAIN)
    ReviewItem.objects.filter(pk=item.pk).update(created_at=now - timedelta(days=1))
    call_command("record_backup", stdout=io.StringIO())
    found = shown(client)
    assert value(found, "lnc_model_accuracy_ratio", basis="labelled_at_most", window="newest_labels") == 0.91
    assert found["lnc_model_recall_ratio"].samples == []  # too old to be shown
    assert value(found, "lnc_model_drift_psi", profile="kyc", window="hour", source="single") == 0.2
    assert value(found, "lnc_review_items", stream="uncertain") == 1
    assert 86_000 < value(found, "lnc_review_age_seconds") < 90_000
    assert abs(value(found, "lnc_backup_timestamp_seconds") - now.timestamp()) < 600
    assert value(found, "lnc_live_generation") > 0
    assert value(found, "lnc_threshold", name="accuracy") == 0.85
