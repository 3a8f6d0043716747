"""The installation that a backup is restored into: it must be empty and have the right program and keys."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.backup.export import STATE
from config.backup.state import KEYS, VARIABLES, list_key_ids
from config.backup.trees import FileTree, list_single_files, list_trees
from matching.storage.files import FileStore
from matching.storage.local_folder import LocalFolder
from matching.storage.stores import save_file


class TargetError(Exception):
    """The backup cannot be restored here; the message is one sentence that says why."""


def require_target(state: Mapping[str, Any]) -> None:
    """Raise :class:`TargetError` unless this installation is empty and fits the backup."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables:
        name = connection.settings_dict["NAME"]
        raise TargetError(f"The database {name} has {len(tables)} tables: restore into an empty one.")
    require_empty_places()
    require_program(set(state["migrations"]))
    require_keys(state["keys"])


def require_empty_places() -> None:
    """Raise :class:`TargetError` unless the folders and buckets of this installation hold no file."""
    for tree in list_trees():
        if not tree.is_empty():
            raise TargetError(f"The folder {tree.place} holds files: restore into an empty one.")


def require_program(applied: set[str]) -> None:
    """Raise :class:`TargetError` unless the program has exactly these migrations, each ``app.name``."""
    own = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
    if unknown := sorted(applied - own):
        raise TargetError(
            f"The backup was made by a newer program, which knows {unknown[0]}: install that one."
        )
    if missing := sorted(own - applied):
        raise TargetError(
            f"The backup was made by an older program, without {missing[0]}: "
            "restore with that one, then upgrade."
        )


def require_keys(ids: Mapping[str, list[str]]) -> None:
    """Raise :class:`TargetError` unless every key of these ids is configured, as a fallback at least."""
    here = list_key_ids()
    for name, consequence in KEYS.items():
        if set(ids[name]) - set(here[name]):
            variable = VARIABLES.get(name, name)
            raise TargetError(f"{variable} is not the key of this backup: {consequence}.")


def write_files(archive: BinaryIO) -> dict[str, Any]:
    """Write the files of an archive into their places; return the state of the database that it holds.

    Raises :class:`TargetError` for a member that belongs nowhere here, and ``tarfile.TarError``.
    """
    trees = {tree.name: tree for tree in list_trees()}
    state: dict[str, Any] = {}
    with tarfile.open(fileobj=archive, mode="r|") as stream:
        for member in stream:
            content = stream.extractfile(member)
            if content is None:
                continue
            if member.name == STATE:
                state = json.load(content)
                continue
            store, name = _find_place(member.name, trees)
            save_file(store, name, cast("BinaryIO", content))
    return state


def _find_place(name: str, trees: Mapping[str, FileTree]) -> tuple[FileStore, str]:
    """Return where a member belongs, never outside of the folders. Raises :class:`TargetError`."""
    head, _, rest = name.partition("/")
    if not rest and (single := list_single_files().get(head)):
        return LocalFolder(single.parent), single.name
    if rest and head in trees and not PurePosixPath(rest).is_absolute() and ".." not in rest.split("/"):
        return trees[head].store, rest
    raise TargetError(f"The archive holds {name}, which belongs nowhere in this installation.")
