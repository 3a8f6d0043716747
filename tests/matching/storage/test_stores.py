"""A folder and a bucket of a real object store keep the same promises."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matching.storage import bucket as bucket_module
from matching.storage.bucket import PART_BYTES
from matching.storage.files import FileStore
from matching.storage.stores import get_store

LARGE = os.urandom(2 * PART_BYTES + 12_345)
WRITER = """
import sys
from matching.storage.stores import get_store
store = get_store(sys.argv[1])
store.create_folder("job")
draft = store.create("job/rows")
for _ in range(40):
    draft.write(bytes(1024 * 1024))
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "files")
    return f"s3://{request.getfixturevalue('bucket')}/some/folder"


@pytest.fixture
def store(place: str) -> FileStore:
    return get_store(place)


def put(store: FileStore, name: str, content: bytes) -> None:
    store.create_folder(name.rpartition("/")[0])
    draft = store.create(name)
    for at in range(0, len(content), 1_000_000):
        draft.write(content[at : at + 1_000_000])
    draft.complete()
    draft.discard()


def names(store: FileStore, folder: str = "") -> list[str]:
    return [file.name for file in store.list_files(folder)]


@pytest.mark.parametrize("content", [b"", b"little", LARGE], ids=["empty", "little", "in parts"])
def test_what_was_written_is_read_from_any_position(store: FileStore, content: bytes) -> None:
    put(store, "job/rows", content)
    with store.open("job/rows") as file:
        assert file.read() == content
        for at in (len(content) - 3, 0, len(content) // 2):
            file.seek(max(at, 0))
            assert file.read(5) == content[max(at, 0) :][:5]
        assert file.seek(0, os.SEEK_END) == len(content)
        assert file.read(1) == b""
    (found,) = store.list_files()
    assert (found.name, found.size) == ("job/rows", len(content))
    assert abs(datetime.now(UTC) - found.changed_at) < timedelta(minutes=10)


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_a_file_is_not_there_before_it_is_complete_and_never_after_it_was_discarded(
    store: FileStore, size: int
) -> None:
    put(store, "job/rows", b"old")
    draft = store.create("job/rows")
    draft.write(LARGE[:size])
    with store.open("job/rows") as file:
        assert file.read() == b"old"
    assert names(store) == ["job/rows"]
    draft.discard()
    draft.discard()
    with store.open("job/rows") as file:
        assert file.read() == b"old"
    store.delete_drafts(datetime.now(UTC) + timedelta(days=1))
    assert names(store) == ["job/rows"]


def test_what_is_deleted_is_gone_and_nothing_else(store: FileStore) -> None:
    for name in ("1/rows", "1/out", "10/rows", "documents/2"):
        put(store, name, b"content")
    store.delete("1/out")
    store.delete("1/out")
    assert names(store) == ["1/rows", "10/rows", "documents/2"]
    assert {folder for folder, _ in store.list_folders()} == {"1", "10", "documents"}
    store.delete_folder("1")
    store.delete_folder("1")
    assert names(store) == ["10/rows", "documents/2"]
    assert names(store, "documents") == ["documents/2"]
    with pytest.raises(FileNotFoundError):
        store.open("1/rows")


def test_a_writer_killed_half_way_leaves_nothing_that_is_read_and_nothing_for_long(place: str) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    store = get_store(place)
    assert names(store) == []
    assert count_leftovers(place) == 1
    store.delete_drafts(datetime.now(UTC) - timedelta(days=1))
    assert count_leftovers(place) == 1
    store.delete_drafts(datetime.now(UTC) + timedelta(seconds=1))
    assert count_leftovers(place) == 0


def count_leftovers(place: str) -> int:
    if place.startswith("s3://"):
        store = get_store(place)
        assert isinstance(store, bucket_module.Bucket)
        return len(list(store._storage.bucket.multipart_uploads.all()))
    return sum(path.is_file() for path in Path(place).rglob("*"))


def test_a_file_that_is_replaced_while_it_is_read_is_never_mixed(bucket: str) -> None:
    store = get_store(f"s3://{bucket}")
    put(store, "job/rows", LARGE)
    file = store.open("job/rows")
    assert file.read(10) == LARGE[:10]
    put(store, "job/rows", LARGE[::-1])
    file.seek(PART_BYTES)
    with pytest.raises(OSError, match="the object store refused"):
        file.read(10)


def test_a_store_that_does_not_answer_or_refuses_is_an_error_of_the_disk(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    refused = get_store(f"s3://{bucket}/of-somebody-else")
    for content in (b"little", LARGE):
        with pytest.raises(OSError, match="the object store refused") as refusal:
            put(refused, "job/rows", content)
        assert not isinstance(refusal.value, FileNotFoundError)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    silent = get_store(f"s3://{bucket}/elsewhere")
    started = time.monotonic()
    with pytest.raises(OSError, match="does not answer"):
        silent.open("job/rows")
    assert time.monotonic() - started < 60
