"""Files that are asked for while the object store is stopped: not available for a moment, and not gone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Role
from analytics.evidence import Month, build_pack
from matching.models import BatchJob
from matching.storage.bucket import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from tests.documents import store_document
from tests.jobs import PAIRS, csv_file, sent, worked_off
from tests.models import installed, stored_prediction
from tests.object_store import connect, object_store
from tests.people import person, signed_in
from tests.project.test_house_rules import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

DOWNLOADS = ("review_document.downloaded", "batch_job.downloaded", "evidence.downloaded")


@pytest.fixture
def store(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    """A store of this test alone, with jobs and evidence in it; closing it stops the store."""
    with ExitStack() as running:
        variables = running.enter_context(object_store(tmp_path / "store"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        bucket = f"bucket-{uuid4().hex}"
        connect(variables).create_bucket(Bucket=bucket)
        settings.JOBS_DIR, settings.EVIDENCE_DIR = f"s3://{bucket}/jobs", f"s3://{bucket}/evidence"
        yield running


def browser(role: Role) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person(role))
    return client


def test_files_are_not_there_for_a_moment_while_the_store_is_stopped(store: ExitStack) -> None:
    installed()
    owner = person(Role.CLIENT)
    client = signed_in(owner)
    client.raise_request_exception = False
    prediction = stored_prediction(user=owner, verdict="review")
    document = store_document(prediction)
    sent(client, csv_file(PAIRS))
    job = worked_off(BatchJob.objects.get())
    month = Month.from_datetime(timezone.now())
    build_pack(month, None)
    addresses = [
        f"/api/v1/predictions/{prediction.pk}/documents/{document.pk}",
        reverse("job-result", args=[job.pk]),
        reverse("job-result", args=[job.pk]) + "?reviews=true",
        reverse("job-rows", args=[job.pk]),
    ]
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    recorded = AuditEvent.objects.filter(action__in=DOWNLOADS).count()
    store.close()
    answers = [client.get(address) for address in addresses]
    assert [(answer.status_code, answer["Retry-After"]) for answer in answers] == [(503, "5")] * len(answers)
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    page = browser(Role.AUDITOR).post(reverse("evidence-file", args=[str(month)]))
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "Not available for a moment" in page.content.decode()
    assert AuditEvent.objects.filter(action__in=DOWNLOADS).count() == recorded


def test_a_store_that_accepts_and_says_nothing_is_given_up_before_the_gateway_gives_up() -> None:
    gateway = (ROOT / "deploy" / "edge" / "nginx.conf").read_text()
    patience = re.search(r"proxy_read_timeout (\d+)s;", gateway)
    assert patience
    pauses = sum(2**attempt for attempt in range(ATTEMPTS - 1))  # at most, before each further attempt
    assert ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + pauses < int(patience[1])
