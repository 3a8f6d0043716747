"""Bulk jobs through the built Python client: upload, progress, result, lost connections, lost programs."""

import asyncio
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from legal_names_client import AsyncClient, Client, JobFailedError, NotFoundError

from tests.clients_build.conftest import Server
from tests.clients_build.lossy_network import LossyNetwork, lossy_network
from tests.jobs import PAIRS, csv_file


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    with Client(server.url, server.key) as connected:
        yield connected


@pytest.fixture
def network(server: Server) -> Iterator[LossyNetwork]:
    with lossy_network(int(server.url.rpartition(":")[2])) as lossy:
        yield lossy


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_bytes(csv_file(PAIRS))
    return path


def verdicts_in(result: Path) -> list[str]:
    with result.open(encoding="utf-8", newline="") as file:
        return [row["verdict"] for row in csv.DictReader(file)]


def test_a_file_is_compared_in_one_call(client: Any, pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = pairs.with_name("result.csv")
    job = client.jobs.run(pairs, target, profile="kyc", progress=True)
    assert (job.status, job.rows_done, job.profile) == ("succeeded", len(PAIRS), "kyc")
    assert verdicts_in(target)[:3] == ["immaterial", "material", "review"]
    assert sorted(path.name for path in pairs.parent.iterdir()) == ["pairs.csv", "result.csv"]
    assert f"succeeded: 100%|{'█' * 10}" in capsys.readouterr().err


def test_a_job_is_found_again_by_its_id(client: Any, pairs: Path) -> None:
    submitted = client.jobs.submit(pairs, profile="kyc")
    assert submitted.id in {job.id for job in client.jobs.list()}
    seen: list[str] = []
    job = client.jobs.get(submitted.id)
    job.wait(on_progress=lambda state: seen.append(state.status), patience=120)
    assert set(seen) <= {"queued", "running"}
    assert [row.verdict for row in job.rows(verdict="review")] == ["review"]
    assert job.plan_review().review_rows == 1
    assert job.send_to_reviewers("One of a sample.", "sample", size=1).sent == 1
    job.download(pairs.with_name("reviews.csv"), with_reviews=True)
    assert "review_status" in pairs.with_name("reviews.csv").read_text(encoding="utf-8").splitlines()[0]
    job.delete()
    with pytest.raises(NotFoundError):
        client.jobs.get(submitted.id)


def test_lost_answers_begin_no_second_job(
    client: Any, server: Server, network: LossyNetwork, pairs: Path
) -> None:
    before = {job.id for job in client.jobs.list()}
    network.lose(2)
    with Client(network.url, server.key) as far:
        far.jobs.run(pairs, pairs.with_name("result.csv"))
    assert network.losses == 0
    assert len({job.id for job in client.jobs.list()} - before) == 1


def test_a_download_that_breaks_off_begins_again_and_leaves_no_half_file(
    client: Any, server: Server, network: LossyNetwork, pairs: Path
) -> None:
    job = client.jobs.submit(pairs)
    job.wait()
    target = pairs.with_name("result.csv")
    with Client(network.url, server.key) as far:
        again = far.jobs.get(job.id)
        network.lose(2, kept=700)
        again.download(target)
    assert network.losses == 0
    assert len(verdicts_in(target)) == len(PAIRS)
    assert not target.with_name("result.csv.part").exists()


def test_a_program_that_was_lost_goes_on_with_its_job(client: Any, pairs: Path) -> None:
    target, record = pairs.with_name("result.csv"), pairs.with_name("result.csv.job")
    before = {job.id for job in client.jobs.list()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("legal_names_client.synchronous.jobs.BulkJob.wait", _die)
        with pytest.raises(KeyboardInterrupt):
            client.jobs.run(pairs, target)
    remembered = json.loads(record.read_text(encoding="utf-8"))
    assert client.jobs.run(pairs, target).id == client.jobs.get(remembered["job"]).id
    assert len({job.id for job in client.jobs.list()} - before) == 1
    assert not record.exists()


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_record_whose_job_is_gone_begins_anew(client: Any, pairs: Path) -> None:
    target = pairs.with_name("result.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("legal_names_client.synchronous.jobs.BulkJob.wait", _die)
        with pytest.raises(KeyboardInterrupt):
            client.jobs.run(pairs, target)
    lost = json.loads(target.with_name("result.csv.job").read_text(encoding="utf-8"))["job"]
    client.jobs.get(lost).delete()
    assert str(client.jobs.run(pairs, target).id) != lost


def test_a_job_that_fails_says_why(client: Any, tmp_path: Path) -> None:
    empty = tmp_path / "pairs.csv"
    empty.write_bytes(csv_file([]))
    with pytest.raises(JobFailedError, match="no rows below its header") as failed:
        client.jobs.run(empty, tmp_path / "result.csv")
    assert failed.value.status == "failed"
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.csv"]


def test_a_cancelled_job_is_told(client: Any, pairs: Path) -> None:
    rows = [(f"Heron {at} Foods Company Ltd", f"Heron {at} Fooods Co., Limited") for at in range(50_000)]
    pairs.write_bytes(csv_file(rows))
    job = client.jobs.submit(pairs)
    job.cancel()
    with pytest.raises(JobFailedError) as told:
        job.wait()
    assert told.value.status == "cancelled"


def test_the_asynchronous_client_compares_a_file(server: Server, pairs: Path) -> None:
    async def run() -> Any:
        async with AsyncClient(server.url, server.key) as client:
            return await client.jobs.run(pairs, pairs.with_name("result.csv"))

    assert asyncio.run(run()).rows_done == len(PAIRS)
    assert len(verdicts_in(pairs.with_name("result.csv"))) == len(PAIRS)
