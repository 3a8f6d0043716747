"""`deploy/bin/backup [--keys] FOLDER`: one moment of an installation in a new folder below FOLDER.

--keys adds the keys, encrypted with BACKUP_PASSPHRASE. The folder appears under its name when it is complete.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from deploy.backup import keys, manifest
from deploy.backup.installation import (
    ROOT,
    BackupError,
    Database,
    Installation,
    describe_failure,
    find_installation,
)

STATE = "state.json"


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="deploy/bin/backup", description=__doc__)
    parser.add_argument("--keys", action="store_true", help="add the keys, encrypted with BACKUP_PASSPHRASE")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    try:
        with find_installation() as installation:
            made = make_backup(installation, options.folder, options.keys)
            installation.run("record_backup", stdout=subprocess.DEVNULL)
    except (BackupError, OSError, tarfile.TarError) as error:
        print(f"deploy/bin/backup: {error}", file=sys.stderr)
        return 1
    print(made)
    return 0


def make_backup(installation: Installation, folder: Path, with_keys: bool) -> Path:
    """Make a backup and return its folder. Raises BackupError, OSError and TarError; then nothing is left."""
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    draft = folder / f"legal-names-{at}.part"
    draft.mkdir(mode=0o700, parents=True)
    try:
        if with_keys:
            keys.write_keys(draft / manifest.KEYS)
        with export_state(installation, draft / manifest.FILES) as state:
            dump(installation.database, draft / manifest.DATABASE, f"--snapshot={state.pop('snapshot')}")
        if installation.mlflow:
            dump(installation.mlflow, draft / manifest.MLFLOW)
        manifest.write_manifest(draft, at, state)
        sync(draft)
        return draft.rename(draft.with_suffix(""))
    except BaseException:
        shutil.rmtree(draft)
        raise


@contextmanager
def export_state(installation: Installation, path: Path) -> Iterator[dict[str, Any]]:
    """Write the files of the installation and yield the state of the database while its snapshot is kept."""
    command = [*installation.manage, "export_state"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=installation.build_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as process,
    ):
        try:
            if process.stdout:
                yield receive_files(process.stdout, path)
        except tarfile.TarError:
            code = process.wait() or 1
        except BaseException:
            process.kill()
            raise
        else:
            process.communicate()
            code = process.returncode
        if code:
            said.seek(0)
            raise BackupError(describe_failure("export_state", code, said.read()))


def receive_files(stream: IO[bytes], path: Path) -> dict[str, Any]:
    """Keep a stream of files and return the state of the database that is one of them. Raises TarError."""
    state: dict[str, Any] | None = None
    with (
        tarfile.open(fileobj=stream, mode="r|") as source,
        tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as kept,
    ):
        for member in source:
            content = source.extractfile(member)
            if member.name == STATE and content:
                text = content.read()
                state, content = json.loads(text), io.BytesIO(text)
            kept.addfile(member, content)
    if state is None:
        raise tarfile.ReadError("the stream ended early")
    return state


def dump(database: Database, path: Path, *options: str) -> None:
    """Write a database in the custom format of pg_dump, without owners and rights. Raises BackupError."""
    with path.open("wb") as file:
        database.run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", *options, stdout=file)


def sync(folder: Path) -> None:
    """Have the files of a folder on the disk before it gets its name."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
