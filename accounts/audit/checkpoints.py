"""Checkpoints of the audit trail, and the proof that one event was in it.

A leaf of the tree is the hash of a seal. A checkpoint continues the tree of the one before, so it reads only
the seals since; the proof of an event reads the hashes of the tree once.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from accounts.audit.keys import names_known_key, sign_checkpoint, verify_checkpoint
from accounts.audit.merkle import Frontier, build_audit_path
from accounts.audit.proof_verifier import PROOF_HEADER, parse_checkpoint
from accounts.audit.trail import build_entry
from accounts.models import AuditCheckpoint, AuditEvent, AuditSeal

_CHECKPOINT_LOCK_ID = 0x6C6E63_02
"""Id of the advisory lock that admits one maker of checkpoints at a time."""


class CheckpointError(Exception):
    """The tree cannot be continued or the event cannot be proved; the message says why."""


def get_origin() -> str:
    """Return the name of this log in its checkpoints: the public address without scheme, and ``/audit``."""
    return f"{urlsplit(settings.PUBLIC_URL).netloc}/audit"


@transaction.atomic
def make_checkpoint() -> AuditCheckpoint | None:
    """Return the checkpoint of everything sealed, made when there is none; ``None`` before the first seal.

    Raises :class:`CheckpointError` when the checkpoint before it was altered.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKPOINT_LOCK_ID])
    last = AuditCheckpoint.objects.order_by("-size").first()
    tree, head = _load_frontier(last), last.head if last else ""
    for head in _iterate_hashes(tree.size):
        tree.append(bytes.fromhex(head))
    if tree.size == (last.size if last else 0):
        return last
    root = tree.compute_root()
    return AuditCheckpoint.objects.create(
        size=tree.size,
        root=root.hex(),
        head=head,
        frontier=[value.hex() for value in tree.hashes],
        note=sign_checkpoint(get_origin(), tree.size, root),
    )


def find_checkpoint_fault(checkpoint: AuditCheckpoint, root: str) -> str | None:
    """Return what is wrong with a checkpoint whose tree has this root, or ``None``.

    One that is signed by a key that is gone is right when its tree is.
    """
    stated = parse_checkpoint(checkpoint.note)
    if (stated.size, stated.root.hex(), checkpoint.root) != (checkpoint.size, root, root):
        return f"checkpoint {checkpoint.size} is not that of its seals"
    if names_known_key(stated) and not verify_checkpoint(stated):
        return f"checkpoint {checkpoint.size} has a signature that is not ours"
    return None


def build_proof(event: AuditEvent, size: int | None = None) -> str:
    """Return the proof (C2SP tlog-proof) that an event is in the first checkpoint that holds it.

    ``size`` names another checkpoint. Raises :class:`CheckpointError` when none holds the event.
    """
    seal = AuditSeal.objects.select_related("event").filter(event=event).first()
    if seal is None:
        raise CheckpointError(f"event {event.pk} is not sealed yet")
    rows = AuditCheckpoint.objects.filter(size__gte=seal.seq).order_by("size")
    checkpoint = (rows.filter(size=size) if size else rows).first()
    if checkpoint is None:
        raise CheckpointError(f"no checkpoint holds event {event.pk} yet: run manage.py audit anchor")
    path = build_audit_path(seal.seq - 1, checkpoint.size, _compute_root)
    entry = build_entry(seal.prev_hash, seal.seq, seal.event)
    lines = [PROOF_HEADER, f"extra {base64.b64encode(entry).decode()}", f"index {seal.seq - 1}"]
    lines += [base64.b64encode(value).decode() for value in path]
    return "\n".join([*lines, "", checkpoint.note])


def _load_frontier(last: AuditCheckpoint | None) -> Frontier:
    if last is None:
        return Frontier()
    tree = Frontier(last.size, map(bytes.fromhex, last.frontier))
    if fault := find_checkpoint_fault(last, tree.compute_root().hex()):
        raise CheckpointError(fault)
    # Nothing vouches for a frontier whose key is gone: the tree is read again from its first seal.
    return tree if verify_checkpoint(parse_checkpoint(last.note)) else Frontier()


def _iterate_hashes(after: int, until: int | None = None) -> Iterator[str]:
    rows = AuditSeal.objects.filter(seq__gt=after).order_by("seq")
    rows = rows.filter(seq__lte=until) if until is not None else rows
    return rows.values_list("hash", flat=True).iterator(chunk_size=10_000)


def _compute_root(start: int, end: int) -> bytes:
    """Return the root over the seals with the indices from ``start`` up to but not including ``end``."""
    tree = Frontier()
    for value in _iterate_hashes(start, end):
        tree.append(bytes.fromhex(value))
    return tree.compute_root()
