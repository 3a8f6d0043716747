"""The installation that a backup is restored into: it must be empty and have the right program and keys."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.backup.export import STATE
from config.backup.state import KEYS, VARIABLES, list_key_ids
from config.backup.trees import FolderTree, list_single_files, list_trees


class TargetError(Exception):
    """The backup cannot be restored here; the message is one sentence that says why."""


def require_target(state: Mapping[str, Any]) -> None:
    """Raise :class:`TargetError` unless this installation is empty and fits the backup."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if tables:
        name = connection.settings_dict["NAME"]
        raise TargetError(f"The database {name} has {len(tables)} tables: restore into an empty one.")
    for tree in list_trees():
        if not tree.is_empty():
            raise TargetError(f"The folder {tree.folder} holds files: restore into an empty one.")
    require_program(set(state["migrations"]))
    require_keys(state["keys"])


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
            path = _find_place(member.name, trees)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("wb") as file:
                while part := content.read(1024 * 1024):
                    file.write(part)
    return state


def _find_place(name: str, trees: Mapping[str, FolderTree]) -> Path:
    """Return where a member belongs, never outside of the folders. Raises :class:`TargetError`."""
    head, _, rest = name.partition("/")
    if not rest and (single := list_single_files().get(head)):
        return single
    if rest and head in trees:
        folder = trees[head].folder.resolve()
        path = (folder / rest).resolve()
        if path.is_relative_to(folder):
            return path
    raise TargetError(f"The archive holds {name}, which belongs nowhere in this installation.")
