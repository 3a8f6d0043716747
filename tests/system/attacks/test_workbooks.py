"""Damaged and hostile workbooks: an answer each, in time, from a web process and a worker that stay small."""

import io
import random
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from accounts.models import Role
from matching.jobs.formats.rows import FileError, PairRow
from matching.jobs.formats.workbooks import XlsxFormat
from matching.models import BatchJob
from tests.jobs import PAIRS, sent, worked_off, xlsx_file
from tests.models import installed
from tests.people import person, signed_in

pytestmark = pytest.mark.alone

FLIPS = 250


def damaged(content: bytes, seed: int) -> bytes:
    """The content with one to three bits turned over."""
    dice, found = random.Random(seed), bytearray(content)
    for _ in range(dice.randint(1, 3)):
        found[dice.randrange(len(found))] ^= 1 << dice.randrange(8)
    return bytes(found)


def read(content: bytes) -> list[PairRow]:
    file, xlsx = cast(io.BufferedReader, io.BytesIO(content)), XlsxFormat()
    layout = xlsx.read_layout(file, ("name1", "name2"))
    return list(xlsx.read_rows(file, layout))


def test_of_250_damaged_workbooks_each_gives_its_rows_or_one_clear_sentence() -> None:
    content = xlsx_file(PAIRS * 20)
    undamaged, outcomes = read(content), Counter[str]()
    for seed in range(FLIPS):
        try:
            rows = read(damaged(content, seed))
        except FileError:
            outcomes["refused"] += 1
        else:
            assert rows == undamaged, seed
            outcomes["read"] += 1
    assert outcomes["refused"] > FLIPS / 2, outcomes


def styled(count: int) -> bytes:
    """A small archive that unpacks to a great many styles."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_file(PAIRS))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/styles.xml":
                part = part.replace(b"</cellXfs>", b"<xf/>" * count + b"</cellXfs>")
            target.writestr(name, part)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_eight_workbooks_at_once_cost_the_web_process_neither_memory_nor_minutes() -> None:
    """Once 54 seconds and 1.2 GB."""
    installed()
    content, client = styled(1_000_000), signed_in(person(Role.CLIENT))
    before, started = measure_memory(), time.monotonic()
    statuses: list[int] = []

    def send() -> None:
        statuses.append(sent(client, content, "styles.xlsx").status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 400}
    assert time.monotonic() - started < 20
    assert measure_memory() - before < 100 * 2**20
    for job in BatchJob.objects.all():
        assert worked_off(job).status in ("failed", "succeeded")


def measure_memory() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
