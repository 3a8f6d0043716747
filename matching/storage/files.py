"""What the program asks of a place for files, whichever it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol


class StoreUnavailableError(OSError):
    """The place of files does not answer, or refuses; what lies there is not lost."""


class StoredFile(NamedTuple):
    """A complete file: its name below the place with ``/`` between folders, bytes, and time of writing."""

    name: str
    size: int
    changed_at: datetime


class FileDraft(Protocol):
    """A file that is being written; nobody can read it before it is complete."""

    def write(self, data: bytes, /) -> int:
        """Append bytes and return how many. Raises ``OSError``."""

    def complete(self) -> None:
        """Give the file its name once all of it is kept; what was there is replaced. Raises ``OSError``."""

    def discard(self) -> None:
        """Delete what was written so far; a complete file stays."""


class FileStore(Protocol):
    """A place for files. They are written once, read from any position, and never changed.

    Reading and writing raise ``OSError``: ``FileNotFoundError`` where nothing has the name,
    ``StoreUnavailableError`` where the place does not answer, another where it has no room.
    """

    def create_folder(self, folder: str) -> None:
        """Create a folder where the place has folders."""

    def create(self, name: str) -> FileDraft:
        """Begin to write a file. A folder on a disk must exist: that of a deleted job is not made again."""

    def open(self, name: str) -> io.BufferedReader:
        """Open a file for reading and seeking, in constant memory."""

    def delete(self, name: str) -> None:
        """Delete a file; without one nothing happens."""

    def delete_folder(self, folder: str) -> None:
        """Delete all files of a folder; without one nothing happens."""

    def list_files(self, folder: str = "") -> Iterator[StoredFile]:
        """Yield every complete file below a folder."""

    def list_folders(self) -> Iterator[tuple[str, datetime]]:
        """Yield the uppermost folders and when each was last written to."""

    def delete_drafts(self, before: datetime) -> None:
        """Delete what writers that were killed before a moment have left."""
