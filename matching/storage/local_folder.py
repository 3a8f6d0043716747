"""Files in a folder of this host, or of a disk that several hosts have mounted."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from matching.storage.files import FileDraft, StoredFile

_DRAFT_SUFFIX = ".part"


class LocalDraft:
    """A file under another name until it is complete and on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.{uuid4().hex}{_DRAFT_SUFFIX}")
        self._file = self._part.open("xb")

    def write(self, data: bytes, /) -> int:
        """Append bytes. Raises ``OSError`` when the disk is full."""
        return self._file.write(data)

    def complete(self) -> None:
        """Flush the file to the disk and rename it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Close and delete the file unless it is complete."""
        with contextlib.suppress(OSError):  # a full disk also refuses the bytes that are still buffered
            self._file.close()
        self._part.unlink(missing_ok=True)


class LocalFolder:
    """A folder and what is below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create_folder(self, folder: str) -> None:
        """Create a folder that only this user may enter."""
        (self.root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def create(self, name: str) -> FileDraft:
        """Begin to write a file into a folder that exists."""
        return LocalDraft(self.root / name)

    def open(self, name: str) -> io.BufferedReader:
        """Open a file for reading."""
        return (self.root / name).open("rb")

    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.root / name).unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        """Delete a folder with everything in it."""
        shutil.rmtree(self.root / folder, ignore_errors=True)

    def list_files(self, folder: str = "") -> Iterator[StoredFile]:
        """Yield complete files in the order of their names; what vanishes meanwhile is left out."""
        for path in sorted((self.root / folder).rglob("*")):
            if path.suffix != _DRAFT_SUFFIX and (at := _read_time(path)) and path.is_file():
                yield StoredFile(path.relative_to(self.root).as_posix(), path.stat().st_size, at)

    def list_folders(self) -> Iterator[tuple[str, datetime]]:
        """Yield the folders that lie directly here."""
        for path in self.root.iterdir() if self.root.is_dir() else ():
            if path.is_dir() and (at := _read_time(path)):
                yield path.name, at

    def delete_drafts(self, before: datetime) -> None:
        """Delete files under draft names that nobody has written to since."""
        for path in self.root.rglob(f"*{_DRAFT_SUFFIX}"):
            if (at := _read_time(path)) and at < before:
                path.unlink(missing_ok=True)


def _read_time(path: Path) -> datetime | None:
    """Return when a file was last written to, or ``None`` when it is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
