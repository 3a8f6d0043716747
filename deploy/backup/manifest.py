"""The manifest of a backup: what it holds, with digests, and what the restored installation must have."""

import hashlib
import json
from pathlib import Path
from typing import Any

from deploy.backup.installation import BackupError

FORMAT = 1
NAME = "manifest.json"
DATABASE, MLFLOW, FILES, KEYS = "database.dump", "mlflow.dump", "files.tar", "keys.enc"


def write_manifest(folder: Path, at: str, state: dict[str, Any]) -> None:
    """Write the manifest over the files that lie in the folder."""
    files = {path.name: _describe(path) for path in sorted(folder.iterdir())}
    manifest = {"format": FORMAT, "at": at, "files": files, "state": state}
    (folder / NAME).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup whose files are all as they were written. Raises BackupError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files = dict(manifest["files"])
        is_known = (
            manifest["format"] == FORMAT and {DATABASE, FILES} <= files.keys() and "rows" in manifest["state"]
        )
    except FileNotFoundError:
        raise BackupError(f"{folder} is no backup: it has no {NAME}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder / NAME} is damaged: it cannot be read.") from None
    if not is_known:
        raise BackupError(f"{folder / NAME} is of another version of this program.")
    for name, expected in files.items():
        require_intact(folder / name, expected)
    return manifest


def require_intact(path: Path, expected: dict[str, Any]) -> None:
    """Raise BackupError unless a file is there with the size and the digest of the manifest."""
    if not path.is_file():
        raise BackupError(f"{path} is missing, and the manifest names it.")
    if _describe(path) != expected:
        raise BackupError(f"{path} is damaged: its SHA-256 is not that of the manifest.")


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
