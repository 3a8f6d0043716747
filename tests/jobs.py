"""Bulk jobs in tests: files, and what becomes of them without a broker."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import User
from matching.jobs import results, service, worker
from matching.jobs.upload_handler import Upload
from matching.models import BatchJob

PAIRS = [
    ("Acme, Inc.", "ACME Incorporated"),
    ("Acme Inc", "Acme LLC"),
    ("Larkspur Holdings", "Larkspur Holdings, Inc."),
    ("José Álvarez", "Jose Alvarez"),
]


def csv_file(pairs: Iterable[Sequence[str]], header: Sequence[str] = ("id", "name1", "name2")) -> bytes:
    """A CSV file of numbered rows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([str(at), *pair] for at, pair in enumerate(pairs, 1))
    return out.getvalue().encode()


def jsonl_file(pairs: Iterable[Sequence[str]]) -> bytes:
    """The same as JSON Lines."""
    rows = ({"id": at, "name1": pair[0], "name2": pair[1]} for at, pair in enumerate(pairs, 1))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def xlsx_file(pairs: Iterable[Sequence[object]]) -> bytes:
    """The same as a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["id", "name1", "name2"])
    for at, pair in enumerate(pairs, 1):
        sheet.append([at, *pair])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILES = {"csv": csv_file, "jsonl": jsonl_file, "xlsx": xlsx_file}


def sent(client: APIClient, content: bytes, name: str = "pairs.csv", **fields: str) -> Any:
    """The answer to an upload over the API."""
    form = {"file": SimpleUploadedFile(name, content), **fields}
    return client.post("/api/v1/jobs", form, format="multipart")


def job_of(user: User, content: bytes, name: str = "pairs.csv", **order: Any) -> BatchJob:
    """A job as the API would have made it."""
    upload = Upload(name)
    upload.write(content)
    upload.finish()
    try:
        return service.create(user, upload, service.JobOptions(("name1", "name2"), **order))
    finally:
        upload.close()


def worked_off(job: BatchJob) -> BatchJob:
    """The job after workers took every piece."""
    worker.split_job_file(job.pk)
    while worker.compare_next_chunk():
        pass
    job.refresh_from_db()
    return job


def find_job_folder(job_id: UUID) -> Path:
    """The folder of a job's files, whether it exists or not."""
    return Path(settings.JOBS_DIR) / str(job_id)


def result(job: BatchJob) -> bytes:
    """The whole result."""
    return b"".join(results.stream_result(job))


def rows_of(content: bytes, format_id: str = "csv") -> list[dict[str, object]]:
    """The rows of a result, cells as text."""
    if format_id == "jsonl":
        return [json.loads(line) for line in content.decode().splitlines()]
    if format_id == "csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    header = [str(name) for name in next(rows)]
    return [dict(zip(header, ["" if cell is None else cell for cell in row], strict=True)) for row in rows]
