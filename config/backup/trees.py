"""The files of an installation that a backup holds: bulk jobs, evidence packs, MLflow's files, anchors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

JOBS, EVIDENCE, MLFLOW = "jobs", "evidence", "mlflow"
ANCHORS = "anchors.jsonl"
MLFLOW_DATABASE = "mlflow.db"
_DRAFT_SUFFIXES = {".part", ".new"}
"""Files that are being written; each gets its own name when it is complete."""


@dataclass(frozen=True)
class FolderTree:
    """A folder whose files are kept under a name in the archive."""

    name: str
    folder: Path

    def list_files(self) -> Iterator[tuple[str, Path]]:
        """Yield the name in the archive and the path of every complete file; what vanishes is left out."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.suffix not in _DRAFT_SUFFIXES:
                yield f"{self.name}/{path.relative_to(self.folder).as_posix()}", path

    def is_empty(self) -> bool:
        """Say whether the folder holds no file."""
        return not any(path.is_file() for path in self.folder.rglob("*"))


def list_trees() -> list[FolderTree]:
    """Return the folders of this installation; artefacts that MLflow keeps elsewhere are not among them."""
    places = {JOBS: settings.JOBS_DIR, EVIDENCE: settings.EVIDENCE_DIR, MLFLOW: settings.MLFLOW_ARTIFACT_ROOT}
    return [FolderTree(name, Path(place)) for name, place in places.items() if "://" not in place]


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
