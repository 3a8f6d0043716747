"""The built Python client compares, lists, uploads and downloads; run by `make clients` after the build."""

import csv
import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.auth.users import issue_api_key
from accounts.models import Role
from matching.models import BatchJob
from tests.jobs import PAIRS, csv_file, worked_off
from tests.models import installed
from tests.people import person

DIST = Path(__file__).resolve().parents[2] / "var" / "clients" / "dist"
PACKAGE = "legal_names_client"


pytestmark = pytest.mark.django_db(transaction=True)


class BuiltClient:
    """The package of the wheel with a connection to a server."""

    def __init__(self, connection: Any) -> None:
        self.models = importlib.import_module(f"{PACKAGE}.models")
        self.types = importlib.import_module(f"{PACKAGE}.types")
        self._connection = connection

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Call an operation such as ``jobs.job_create`` and return the detailed response."""
        module: Any = importlib.import_module(f"{PACKAGE}.api.{operation}")
        return module.sync_detailed(*args, client=self._connection, **kwargs)


@pytest.fixture
def client(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[BuiltClient]:
    (wheel,) = DIST.glob("*.whl")
    monkeypatch.syspath_prepend(str(wheel))
    package: Any = importlib.import_module(PACKAGE)
    installed()
    _, key = issue_api_key(person(Role.CLIENT), "client", None)
    with package.AuthenticatedClient(live_server.url, token=key, prefix="Api-Key") as connection:
        yield BuiltClient(connection)
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


@pytest.mark.usefixtures("client")
def test_it_is_imported_from_the_wheel() -> None:
    assert ".whl" in str(sys.modules[PACKAGE].__file__)


def test_it_compares_and_lists(client: BuiltClient) -> None:
    request = client.models.CompareRequest(name1="Acme, Inc.", name2="ACME Incorporated")
    prediction = client.call("compare.compare", body=request, idempotency_key="client-1").parsed
    assert (prediction.verdict, prediction.prediction) == ("immaterial", False)
    repeated = client.call("compare.compare", body=request, idempotency_key="client-1").parsed
    assert repeated.id == prediction.id
    assert client.call("predictions.prediction", prediction.id).parsed.reason == prediction.reason
    page = client.call("predictions.predictions", limit=5).parsed
    assert [row.id for row in page.results] == [prediction.id]


def test_a_pair_that_cannot_be_compared_is_a_problem(client: BuiltClient) -> None:
    good = client.models.CompareRequest(name1="Acme, Inc.", name2="ACME Incorporated")
    bad = client.models.CompareRequest(name1="...", name2="Acme")
    results = client.call(
        "compare.compare_batch", body=client.models.BatchRequest([good, bad])
    ).parsed.results
    assert results[0].answer.verdict == "immaterial"
    assert "empty" in results[1].error.errors[0].message
    empty = client.models.CompareRequest(name1="", name2="Acme")
    refusal = client.call("compare.compare", body=empty)
    assert (refusal.status_code, refusal.parsed.code) == (400, "invalid")


def test_it_uploads_a_file_and_downloads_the_result(client: BuiltClient) -> None:
    file = client.types.File(io.BytesIO(csv_file(PAIRS)), "pairs.csv", "text/csv")
    job = client.call("jobs.job_create", body=client.models.JobRequest(file=file, profile="kyc")).parsed
    assert (job.status, job.profile) == ("queued", "kyc")
    worked_off(BatchJob.objects.get(pk=job.id))
    assert client.call("jobs.job", job.id).parsed.status == "succeeded"
    result = client.call("jobs.job_result", job.id)
    rows = list(csv.DictReader(io.StringIO(result.content.decode(), newline="")))
    assert [row["name1"] for row in rows] == [pair[0] for pair in PAIRS]
