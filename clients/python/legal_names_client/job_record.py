"""What a run of a bulk job remembers beside its result, so that the next run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class JobRecord:
    """The idempotency key of an upload, and its job once the server told it.

    ``fingerprint`` is a digest of the file's place, size and time and of the options: another file begins
    anew.
    """

    fingerprint: str
    idempotency_key: str
    job: str | None = None

    @classmethod
    def begin(cls, target: Path, fingerprint: str) -> JobRecord:
        """Return what the last run for this result left, or a new record, which is written at once."""
        try:
            found = cls(**json.loads(_place(target).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            found = None
        if found is not None and found.fingerprint == fingerprint:
            return found
        record = cls(fingerprint, uuid.uuid4().hex)
        record._write(target)
        return record

    def remember(self, target: Path, job: str) -> JobRecord:
        """Return the record with its job, written."""
        record = replace(self, job=job)
        record._write(target)
        return record

    @staticmethod
    def forget(target: Path) -> None:
        """Delete the record: the result is there, or the job will never have one."""
        _place(target).unlink(missing_ok=True)

    def _write(self, target: Path) -> None:
        place = _place(target)
        draft = place.with_name(f"{place.name}.part")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(place)


def compute_fingerprint(source: Path, options: str) -> str:
    """Return a digest of a file's place, size and time of change, and of the options it is compared with."""
    status = source.stat()
    parts = (str(source.resolve()), str(status.st_size), str(status.st_mtime_ns), options)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _place(target: Path) -> Path:
    return target.with_name(f"{target.name}.job")
