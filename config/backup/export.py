"""The archive of files, written as a stream, with the snapshot of the database that belongs to it.

Files that a row names are in the archive even when they are deleted while it is written: everything is copied
once before the snapshot, and what is new or has changed once more after it. Later copies stand later.
"""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from config.backup.state import describe_database, hold_snapshot
from config.backup.trees import ANCHORS, MLFLOW_DATABASE, find_mlflow_database, list_single_files, list_trees
from matching.storage.files import FileStore, StoredFile
from matching.storage.local_folder import LocalFolder

STATE = "state.json"
"""The member that describes the database; what follows it was copied after the snapshot."""


class _Archive:
    """A stream of files that sends no file twice unless it has changed."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._versions: dict[str, tuple[int, float]] = {}

    def add_trees(self) -> None:
        for tree in list_trees():
            for found in tree.store.list_files():
                self.add_file(f"{tree.name}/{found.name}", tree.store, found)

    def add_file(self, name: str, store: FileStore, found: StoredFile) -> None:
        """Add a file unless it is gone or was added as it is."""
        version = (found.size, found.changed_at.timestamp())
        if self._versions.get(name) == version:
            return
        try:
            with store.open(found.name) as file:
                member = tarfile.TarInfo(name)
                member.size, member.mtime = file.seek(0, io.SEEK_END), int(version[1])
                file.seek(0)
                self._archive.addfile(member, file)
                self._versions[name] = version
        except FileNotFoundError:
            return

    def add_path(self, name: str, path: Path) -> None:
        """Add a file of this host by its path, unless there is none."""
        if path.is_file():
            status = path.stat()
            found = StoredFile(path.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
            self.add_file(name, LocalFolder(path.parent), found)

    def add_bytes(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._archive.addfile(member, io.BytesIO(content))


def write_archive(out: BinaryIO, wait: Callable[[], None]) -> None:
    """Write the archive, then keep its snapshot of the database until ``wait`` returns.

    Anchors are copied before the snapshot only: later ones would vouch for seals that are not in it.
    """
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as stream:
        archive = _Archive(stream)
        archive.add_trees()
        archive.add_path(ANCHORS, list_single_files()[ANCHORS])
        with hold_snapshot() as snapshot:
            archive.add_bytes(STATE, json.dumps({"snapshot": snapshot, **describe_database()}).encode())
            archive.add_trees()
            _add_mlflow_database(archive)
            stream.close()
            out.flush()
            wait()


def _add_mlflow_database(archive: _Archive) -> None:
    """Add a consistent copy of MLflow's store where that is SQLite and exists."""
    path = find_mlflow_database()
    if path is None or not path.is_file():
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        archive.add_path(MLFLOW_DATABASE, copy)
