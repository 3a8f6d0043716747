"""Files at rest open only whole, in their place and with their key."""

import io
import os
from pathlib import Path

import pytest

from accounts.encryption.fields import DecryptionError
from matching.jobs.encrypted_file import FRAME_BYTES, create_encrypted_file, generate_key, open_encrypted_file
from matching.storage.local_folder import LocalFolder

SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 3 * FRAME_BYTES + 17]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def opened(path: Path, key: str) -> io.BufferedReader:
    return open_encrypted_file(LocalFolder(path.parents[1]), name_of(path), key)


def kept(path: Path, key: str, content: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    with create_encrypted_file(LocalFolder(path.parents[1]), name_of(path), key) as out:
        for at in range(0, len(content), 50_000):
            out.write(content[at : at + 50_000])
    return path


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_and_nothing_of_it_is_on_the_disk(tmp_path: Path, size: int) -> None:
    content, key = (b"Xylophonia Quince Ltd;" * (size // 20 + 1))[:size], generate_key()
    path = kept(tmp_path / "job" / "upload", key, content)
    with opened(path, key) as file:
        assert file.read() == content
    assert b"Xylophonia" not in path.read_bytes()
    assert [entry.name for entry in path.parent.iterdir()] == ["upload"]


def test_any_place_can_be_read(tmp_path: Path) -> None:
    content, key = os.urandom(4 * FRAME_BYTES + 5), generate_key()
    with opened(kept(tmp_path / "job" / "upload", key, content), key) as file:
        for at in (4 * FRAME_BYTES, 0, FRAME_BYTES - 3, 2 * FRAME_BYTES + 9, len(content) - 2):
            file.seek(at)
            assert file.read(10) == content[at : at + 10]


@pytest.mark.parametrize("size", [100, FRAME_BYTES, 2 * FRAME_BYTES, 2 * FRAME_BYTES + 5])
def test_a_cut_file_does_not_open(tmp_path: Path, size: int) -> None:
    key = generate_key()
    path = kept(tmp_path / "job" / "upload", key, b"x" * size)
    whole = path.read_bytes()
    for cut in (len(whole) - 1, 12 + FRAME_BYTES + 16, 12, 3):
        if cut < len(whole):
            path.write_bytes(whole[:cut])
            with pytest.raises(DecryptionError), opened(path, key) as file:
                file.read()


def test_a_changed_moved_or_foreign_file_does_not_open(tmp_path: Path) -> None:
    key = generate_key()
    path = kept(tmp_path / "job" / "upload", key, b"x" * 2 * FRAME_BYTES)
    sealed = bytearray(path.read_bytes())
    elsewhere = kept(tmp_path / "other" / "upload", key, b"y")
    elsewhere.write_bytes(sealed)
    with pytest.raises(DecryptionError), opened(elsewhere, key) as file:
        file.read()
    with pytest.raises(DecryptionError), opened(path, generate_key()) as file:
        file.read()
    sealed[40] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(DecryptionError), opened(path, key) as file:
        file.read()


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "job" / "upload"
    path.parent.mkdir()
    with (
        pytest.raises(TypeError),
        create_encrypted_file(LocalFolder(tmp_path), name_of(path), generate_key()) as out,
    ):
        out.write("x" * 3 * FRAME_BYTES)  # type: ignore[arg-type]
    assert list(path.parent.iterdir()) == []
