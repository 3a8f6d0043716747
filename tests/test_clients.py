"""The generated clients are those of this program's API, and the Python one works against a live server."""

import csv
import importlib
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.auth.users import issue_api_key
from accounts.models import Role
from matching.models import BatchJob
from tests.clients import CLIENTS, DIGESTS, DOCUMENT, digests, document
from tests.jobs import PAIRS, csv_file, worked_off
from tests.models import installed
from tests.people import person

REMEDY = "The API changed: run `make clients`, look at the difference, and commit clients/."


def test_the_document_of_the_clients_is_that_of_the_program() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), REMEDY


def test_the_clients_were_generated_from_the_document_and_not_edited() -> None:
    assert json.loads(DIGESTS.read_text(encoding="utf-8")) == digests(), REMEDY


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The Python client as a user imports it."""
    monkeypatch.syspath_prepend(str(CLIENTS / "python"))
    yield importlib.import_module
    for name in [name for name in sys.modules if name.startswith("legal_names_client")]:
        del sys.modules[name]


@pytest.mark.django_db(transaction=True)
def test_the_python_client_compares_lists_uploads_and_downloads(
    live_server: LiveServer, generated: Any
) -> None:
    installed()
    _, key = issue_api_key(person(Role.CLIENT), "client", None)
    root = generated("legal_names_client")
    models, types = generated("legal_names_client.models"), generated("legal_names_client.types")

    def call(name: str, *args: Any, **given: Any) -> Any:
        return generated(f"legal_names_client.api.{name}").sync_detailed(*args, client=client, **given)

    with root.AuthenticatedClient(live_server.url, token=key, prefix="Api-Key") as client:
        asked = models.Question(name1="Acme, Inc.", name2="ACME Incorporated")
        answer = call("compare.compare", body=asked, idempotency_key="client-1").parsed
        assert (answer.verdict, answer.prediction) == ("immaterial", False)
        assert call("compare.compare", body=asked, idempotency_key="client-1").parsed.id == answer.id
        assert call("predictions.prediction", answer.id).parsed.reason == answer.reason
        assert [row.id for row in call("predictions.predictions", limit=5).parsed.results] == [answer.id]
        bad = models.Batch(pairs=[asked, models.Question(name1="...", name2="Acme")])
        results = call("compare.compare_batch", body=bad).parsed.results
        assert results[0].answer.verdict == "immaterial"
        assert "empty" in results[1].error.errors[0].message

        file = types.File(io.BytesIO(csv_file(PAIRS)), "pairs.csv", "text/csv")
        job = call("jobs.job_create", body=models.JobRequest(file=file, profile="kyc")).parsed
        assert (job.status, job.profile) == ("queued", "kyc")
        worked_off(BatchJob.objects.get(pk=job.id))
        assert call("jobs.job", job.id).parsed.status == "succeeded"
        result = call("jobs.job_result", job.id)
        rows = list(csv.DictReader(io.StringIO(result.content.decode(), newline="")))
        assert [row["name1"] for row in rows] == [pair[0] for pair in PAIRS]
        refused = call("compare.compare", body=models.Question(name1="", name2="Acme"))
        assert (refused.status_code, refused.parsed.code) == (400, "invalid")
