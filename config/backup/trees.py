"""The files of an installation that a backup holds: bulk jobs, evidence packs, MLflow's files, anchors.

They lie in folders or in buckets; the archive is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from matching.storage.files import FileStore
from matching.storage.stores import get_store, is_bucket

JOBS, EVIDENCE, MLFLOW = "jobs", "evidence", "mlflow"
ANCHORS = "anchors.jsonl"
MLFLOW_DATABASE = "mlflow.db"


@dataclass(frozen=True)
class FileTree:
    """A folder or bucket whose files are kept under a name in the archive."""

    name: str
    place: str

    @property
    def store(self) -> FileStore:
        """Where its files lie."""
        return get_store(self.place)

    def is_empty(self) -> bool:
        """Say whether it holds no file."""
        return not any(self.store.list_files())


def list_trees() -> list[FileTree]:
    """Return the places of this installation; artefacts that MLflow keeps elsewhere are not among them."""
    places = {JOBS: settings.JOBS_DIR, EVIDENCE: settings.EVIDENCE_DIR, MLFLOW: settings.MLFLOW_ARTIFACT_ROOT}
    return [FileTree(name, place) for name, place in places.items() if is_bucket(place) or "://" not in place]


def list_single_files() -> dict[str, Path]:
    """Return the files that stand alone, by their names in the archive: anchors, MLflow's SQLite."""
    files = {ANCHORS: Path(settings.AUDIT_ANCHOR_PATH)}
    if path := find_mlflow_database():
        files[MLFLOW_DATABASE] = path
    return files


def find_mlflow_database() -> Path | None:
    """Return the file of MLflow's store where that is SQLite."""
    parts = urlsplit(settings.MLFLOW_TRACKING_URI)
    return Path(parts.path.removeprefix("/")) if parts.scheme == "sqlite" else None
