"""Verification of the whole audit trail: chain, keyed seals and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.audit.checkpoints import find_checkpoint_fault
from accounts.audit.keys import is_key_known, verify_seal_mac
from accounts.audit.merkle import Frontier
from accounts.audit.trail import GENESIS_HASH, compute_link_hash
from accounts.models import AuditCheckpoint, AuditEvent, AuditSeal


@dataclass(frozen=True)
class ChainReport:
    """Outcome of a verification: intact seals, the head, events without a seal, and the first fault."""

    sealed_count: int
    head_hash: str
    unsealed_count: int
    fault: str | None

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return self.fault is None


def verify_chain() -> ChainReport:
    """Verify the whole chain and its checkpoints, and report the first fault, if any.

    A seal may lack a HMAC (it is older than the audit key) or have one of a key that is gone: the hash chain
    makes every later seal vouch for it. The last seal must have one under a configured key.
    """
    seq, previous, head, fault = 0, GENESIS_HASH, None, None
    tree, checkpoints = Frontier(), _CheckpointCheck()
    for seal in _iterate_seals():
        fault = _find_fault(seal, seq + 1, previous)
        tree.append(bytes.fromhex(seal.hash))
        fault = fault or checkpoints.find_fault(tree)
        if fault:
            break
        seq, previous, head = seal.seq, seal.hash, seal
    fault = fault or _find_head_fault(head) or checkpoints.find_rest_fault(seq)
    unsealed = AuditEvent.objects.filter(seal=None).count()
    return ChainReport(sealed_count=seq, head_hash=previous, unsealed_count=unsealed, fault=fault)


class _CheckpointCheck:
    """Compares the checkpoints, in their order, with the tree while it grows."""

    def __init__(self) -> None:
        self._rows = AuditCheckpoint.objects.order_by("size").iterator(chunk_size=500)
        self._next = next(self._rows, None)

    def find_fault(self, tree: Frontier) -> str | None:
        """Return the fault of the checkpoint of this tree, if there is one."""
        if self._next is None or self._next.size > tree.size:
            return None
        fault = find_checkpoint_fault(self._next, tree.compute_root().hex())
        self._next = next(self._rows, None)
        return fault

    def find_rest_fault(self, size: int) -> str | None:
        """Return the fault of a checkpoint that states more seals than there are."""
        return f"checkpoint {self._next.size}: the chain ends at seal {size}" if self._next else None


def _iterate_seals() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("event").order_by("seq").iterator(chunk_size=2_000)


def _find_fault(row: AuditSeal, expected: int, previous: str) -> str | None:
    """Return the fault of one seal, or ``None``."""
    if row.seq != expected:
        return f"seal {expected} is missing (found {row.seq})"
    if row.prev_hash != previous:
        return f"seal {row.seq} does not follow seal {expected - 1}"
    if row.hash != compute_link_hash(previous, row.seq, row.event):
        return f"event {row.event_id} (seal {row.seq}) was altered after it was sealed"
    if is_key_known(row.key_id) and not verify_seal_mac(row.hash, row.key_id, row.mac):
        return f"seal {row.seq} was not made with our key: event {row.event_id} was forged"
    return None


def _find_head_fault(head: AuditSeal | None) -> str | None:
    """Return the fault of the last seal, which vouches for all before it by its HMAC."""
    if head is None or verify_seal_mac(head.hash, head.key_id, head.mac):
        return None
    return f"the last seal ({head.seq}) has no HMAC of a configured key: the chain may have been made anew"
