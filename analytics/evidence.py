"""Evidence packs: the audit chain of a month, deployments, accesses to names, and a verifier.

The pack of a past month has the same bytes whenever and wherever it is built. Its digest is recorded as an
event of the chain, so that a pack altered together with its manifest no longer matches the recorded digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.audit.anchor import build_anchor
from accounts.models import AuditCheckpoint, AuditEvent, AuditSeal, User
from matching.storage.stores import get_store, save_file
from modelops.models import Deployment, PromotionRequest

_VERIFIER_PATH = Path(__file__).with_name("evidence_verifier.py")

ACCESS_ACTIONS = (
    "prediction.names_revealed",
    "predictions.exported",
    "feedback.exported",
    "memo.issued",
    "batch_job.downloaded",
    "evidence.downloaded",
)
"""Audit events of a person's access to names or to evidence packs."""


class NoEvidenceError(Exception):
    """The month is invalid, or nothing was sealed in it; the message says which."""


@dataclass(frozen=True)
class Month:
    """A calendar month in UTC."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``2026-03``. Raises :class:`NoEvidenceError` for anything else and for the future."""
        try:
            start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        except ValueError:
            raise NoEvidenceError("a month is written like 2026-03") from None
        if start > timezone.now():
            raise NoEvidenceError(f"{text} has not begun")
        return cls(start.year, start.month)

    @classmethod
    def from_datetime(cls, moment: datetime) -> Month:
        """Return the month of a moment."""
        return cls(moment.astimezone(UTC).year, moment.astimezone(UTC).month)

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start.replace(year=self.year + self.number // 12, month=self.number % 12 + 1)

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will be sealed in it."""
        return timezone.now() >= self.end

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True)
class EvidencePack:
    """A stored pack with its file name and SHA-256."""

    month: Month
    name: str
    sha256: str

    def open(self) -> io.BufferedReader:
        """Open the pack for reading. Raises ``OSError``."""
        return get_store(settings.EVIDENCE_DIR).open(self.name)


class _ReproducibleZip:
    """A ZIP whose bytes depend on its contents only; collects the digests of its files."""

    def __init__(self, path: Path, month: Month) -> None:
        self.digests: dict[str, str] = {}
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._stamp = (month.year, month.number, 1, 0, 0, 0)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file chunk by chunk."""
        digest = hashlib.sha256()
        entry = zipfile.ZipInfo(name, self._stamp)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(entry, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
        self.digests[name] = digest.hexdigest()

    def close(self) -> None:
        """Write the directory of the archive and close it."""
        self._zip.close()


def list_months() -> list[Month]:
    """Return the months since the first sealed event, newest first."""
    first = AuditSeal.objects.order_by("seq").values_list("sealed_at", flat=True).first()
    months, month = [], Month.from_datetime(timezone.now())
    while first and month.end > first:
        months.append(month)
        month = month.previous
    return months


def build_pack_name(month: Month) -> str:
    """Return the file name of the pack of a month."""
    return f"evidence-{month}{'' if month.is_over else '-so-far'}.zip"


def build_pack(month: Month, actor: User | None) -> EvidencePack:
    """Seal waiting events, build the pack, and record its digest.

    Raises :class:`NoEvidenceError` when nothing was sealed in the month, and ``OSError``.
    """
    while trail.seal_events():
        pass
    with TemporaryDirectory() as folder:
        draft = Path(folder) / build_pack_name(month)
        last = _write_pack(draft, month)
        with draft.open("rb") as file:
            pack = EvidencePack(month, draft.name, hashlib.file_digest(file, "sha256").hexdigest())
            file.seek(0)
            save_file(get_store(settings.EVIDENCE_DIR), pack.name, file)
    _record_digest(pack, last, actor)
    return pack


@transaction.atomic
def record_download(pack: EvidencePack, actor: User) -> None:
    """Write the audit event of a download."""
    newest = AuditSeal.objects.latest("seq")
    trail.record_event("evidence.downloaded", newest, actor, month=str(pack.month), sha256=pack.sha256)


@transaction.atomic
def _record_digest(pack: EvidencePack, last: AuditSeal, actor: User | None) -> None:
    """Write the audit event of the digest, once."""
    detail = {"month": str(pack.month), "sha256": pack.sha256}
    if not AuditEvent.objects.filter(action="evidence.created", detail=detail).exists():
        trail.record_event("evidence.created", last, actor, **detail)


def _write_pack(path: Path, month: Month) -> AuditSeal:
    """Write the pack to a path; return its last seal."""
    within = AuditSeal.objects.filter(sealed_at__gte=month.start, sealed_at__lt=month.end)
    first, last = within.order_by("seq").first(), within.order_by("-seq").first()
    if first is None or last is None:
        raise NoEvidenceError(f"nothing was sealed in {month}")
    archive = _ReproducibleZip(path, month)
    archive.add("chain.jsonl", _encode_lines(_iterate_seals(first.seq, last.seq)))
    archive.add(
        "accesses.jsonl", _encode_lines(row for row in _iterate_seals(first.seq, last.seq, ACCESS_ACTIONS))
    )
    archive.add("checkpoints.jsonl", _encode_lines(_iterate_checkpoints(month, last.seq)))
    archive.add("people.jsonl", _encode_lines(_iterate_actors(first.seq, last.seq)))
    archive.add("deployments.jsonl", _encode_lines(_iterate_deployments(month)))
    archive.add("approvals.jsonl", _encode_lines(_iterate_approvals(month)))
    archive.add("verify.py", [_VERIFIER_PATH.read_bytes()])
    archive.add("README.md", [_build_readme(month, first, last).encode()])
    ends = {"first_seq": first.seq, "prev_hash": first.prev_hash, "last_seq": last.seq, "head": last.hash}
    manifest = {"period": str(month), **ends, "files": dict(archive.digests)}
    archive.add("manifest.json", [json.dumps(manifest, indent=2, sort_keys=True).encode()])
    archive.close()
    return last


def _encode_lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def _iterate_seals(first: int, last: int, actions: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    rows = AuditSeal.objects.filter(seq__range=(first, last)).select_related("event").order_by("seq")
    rows = rows.filter(event__action__in=actions) if actions else rows
    for row in rows.iterator(chunk_size=2_000):
        event = trail.build_event_body(row.event)
        yield {"seq": row.seq, "prev": row.prev_hash, "hash": row.hash, "event": event}


def _iterate_checkpoints(month: Month, last: int) -> Iterator[dict[str, Any]]:
    """Yield the checkpoints of the month in the form of anchors."""
    rows = AuditCheckpoint.objects.filter(at__gte=month.start, at__lt=month.end, size__lte=last)
    yield from map(build_anchor, rows.order_by("size"))


def _iterate_actors(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield the users who are actors of the seals, with their current e-mail and role."""
    actors = AuditEvent.objects.filter(seal__seq__range=(first, last)).order_by().values("actor")
    for user in User.objects.filter(pk__in=actors).order_by("pk"):
        yield {"id": str(user.pk), "email": user.email, "name": user.name, "role": user.role}


def _iterate_deployments(month: Month) -> Iterator[dict[str, Any]]:
    rows = Deployment.objects.filter(at__gte=month.start, at__lt=month.end).select_related("model")
    for row in rows.order_by("generation"):
        yield {
            "generation": row.generation,
            "at": row.at.isoformat(),
            "profile": row.profile,
            "role": row.role,
            "model": str(row.model),
            "artefact": row.model.artefact_id,
            "previous": row.previous_id,
            "requested_by": str(row.requested_by_id or ""),
            "approved_by": str(row.approved_by_id or ""),
            "break_glass": row.break_glass,
            "reason": row.reason,
        }


def _iterate_approvals(month: Month) -> Iterator[dict[str, Any]]:
    rows = PromotionRequest.objects.filter(closed_at__gte=month.start, closed_at__lt=month.end)
    for row in rows.select_related("model").order_by("closed_at", "pk"):
        yield {
            "id": str(row.pk),
            "model": str(row.model),
            "profile": row.profile,
            "role": row.role,
            "reason": row.reason,
            "requested_by": str(row.requested_by_id),
            "requested_at": row.requested_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
            "generation": row.deployment_id,
        }


def _build_readme(month: Month, first: AuditSeal, last: AuditSeal) -> str:
    return f"""# Evidence of {month}

Seals {first.seq} to {last.seq} of the audit chain of Legal Name Comparison.

- `chain.jsonl`: every sealed event, each tied by SHA-256 to all before it
- `accesses.jsonl`: those of them by which somebody got to see names
- `deployments.jsonl`, `approvals.jsonl`: what was made live, who asked, who approved
- `checkpoints.jsonl`: the signed Merkle roots that were published hourly; `verify_proof.py`, which comes with
  the proof of an event, takes them as `--anchors`
- `people.jsonl`: who the ids of actors are (as of when this was built)
- `manifest.json`: digest of every file, first and last seal
- `verify.py`: checks all of it, offline: `python verify.py`

`python verify.py ONE.zip NEXT.zip` also checks that no month is missing between two packs, and
`--anchors FILE` that the chain holds the heads that were published hourly.

The chain makes tampering evident; it does not prevent it. Whoever could replace the whole database and this
file is caught by what they cannot reach: the hourly anchors (file, e-mail, object store, time stamp) and
earlier packs in other hands. Times are UTC. No compared name is in here.
"""


def find_pack(month: Month) -> EvidencePack | None:
    """Return the stored pack of a past month, or ``None`` when there is none."""
    if not month.is_over:
        return None
    name = build_pack_name(month)
    try:
        with get_store(settings.EVIDENCE_DIR).open(name) as file:
            return EvidencePack(month, name, hashlib.file_digest(file, "sha256").hexdigest())
    except FileNotFoundError:
        return None
