"""`deploy/bin/restore BACKUP`: a backup into an empty installation, proved at the end.

`deploy/bin/restore --keys BACKUP` writes the keys into SECRETS_DIR, which is done first where they are lost.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.backup import keys, manifest
from deploy.backup.installation import BackupError, Database, Installation, find_installation


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="deploy/bin/restore", description=__doc__)
    parser.add_argument("--keys", action="store_true", help="restore the keys only, into SECRETS_DIR")
    parser.add_argument("backup", type=Path)
    options = parser.parse_args(arguments)
    try:
        found = manifest.read_manifest(options.backup)
        if options.keys:
            restore_keys(options.backup, found)
        else:
            with find_installation() as installation:
                restore(installation, options.backup, found["state"])
    except (BackupError, OSError) as error:
        print(f"deploy/bin/restore: {error}", file=sys.stderr)
        return 1
    return 0


def restore(installation: Installation, backup: Path, state: dict[str, Any]) -> None:
    """Restore everything and prove it. Raises BackupError; a target that is refused is not touched."""
    has_mlflow = (backup / manifest.MLFLOW).exists()
    installation.start()
    installation.run("restore_state", "check", input=json.dumps(state).encode())
    if has_mlflow:
        require_empty(installation.mlflow)
    load(installation.database, backup / manifest.DATABASE)
    if has_mlflow and installation.mlflow:
        load(installation.mlflow, backup / manifest.MLFLOW)
    installation.run("grant_application_role", owner=True, stdout=subprocess.DEVNULL)
    with (backup / manifest.FILES).open("rb") as archive:
        installation.run("restore_state", "load", stdin=archive)


def require_empty(mlflow: Database | None) -> None:
    """Raise BackupError unless MLflow's database is there and empty."""
    if mlflow is None:
        raise BackupError("The backup has a database of MLflow, and MLFLOW_TRACKING_URI names none.")
    if tables := mlflow.count_tables():
        raise BackupError(f"The database of MLflow has {tables} tables: restore into an empty one.")


def load(database: Database, path: Path) -> None:
    """Load a dump as a whole or not at all; whoever connects owns its tables. Raises BackupError."""
    with path.open("rb") as file:
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        database.run("pg_restore", *options, stdin=file, stdout=subprocess.DEVNULL)


def restore_keys(backup: Path, found: dict[str, Any]) -> None:
    """Write the keys of a backup into SECRETS_DIR. Raises BackupError."""
    if manifest.KEYS not in found["files"]:
        raise BackupError(f"{backup} holds no keys: it was made without --keys.")
    folder = keys.find_folder()
    print(f"{keys.restore_keys(backup / manifest.KEYS, folder)} keys written to {folder}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
