"""Anchors: checkpoints of the audit trail, published outside of the database.

The chain shows that an event in its middle was altered or removed. That its end was cut shows only by
comparison with a checkpoint stored where the database administrator has no access.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail

from accounts.audit.checkpoints import make_checkpoint
from accounts.audit.timestamps import request_timestamp
from accounts.models import AuditAnchor, AuditCheckpoint, AuditSeal

Target = AuditAnchor.Target
Receipt = tuple[str, bytes]
"""What a target answered, and the time-stamp response if it is an authority."""

log = structlog.get_logger(__name__)


def publish_anchor() -> AuditCheckpoint | None:
    """Publish the checkpoint of everything sealed to the log and to every configured target; return it.

    A target that has the checkpoint gets it no second time. Returns ``None`` before the first seal. Raises
    the first ``OSError`` of a target after the others have been served.
    """
    checkpoint = make_checkpoint()
    if checkpoint is None:
        return None
    log.info("audit_anchor", **build_anchor(checkpoint))
    errors = [error for target in list_missing_targets(checkpoint) if (error := _publish(checkpoint, target))]
    if errors:
        raise errors[0]
    return checkpoint


def list_targets() -> list[str]:
    """Return the configured targets: a file always, the others by their settings."""
    configured = {
        Target.FILE: True,
        Target.EMAIL: bool(settings.AUDIT_ANCHOR_EMAILS),
        Target.OBJECT_STORE: bool(settings.AUDIT_ANCHOR_BUCKET),
        Target.TIME_STAMP: bool(settings.AUDIT_TSA_URL),
    }
    return [target.value for target, is_configured in configured.items() if is_configured]


def list_missing_targets(checkpoint: AuditCheckpoint) -> list[str]:
    """Return the configured targets that do not have the checkpoint."""
    served = set(checkpoint.anchors.values_list("target", flat=True))
    return [target for target in list_targets() if target not in served]


def find_oldest_unanchored(target: str) -> datetime | None:
    """Return when the first seal that a target does not have was made, or ``None`` when it has all."""
    newest = AuditAnchor.objects.filter(target=target).order_by("-checkpoint_id").first()
    waiting = AuditSeal.objects.filter(seq__gt=newest.checkpoint_id if newest else 0).order_by("seq")
    return waiting.values_list("sealed_at", flat=True).first()


def build_anchor(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """Return an anchor: number and hash of the last seal, the time, and the signed checkpoint."""
    at = checkpoint.at.isoformat(timespec="seconds")
    return {"at": at, "seq": checkpoint.size, "hash": checkpoint.head, "checkpoint": checkpoint.note}


def find_broken_anchor(lines: Iterable[str]) -> str | None:
    """Return the fault of the first anchor that the chain contradicts, or ``None``.

    Raises ``ValueError`` for a line that is not JSON.
    """
    for line in lines:
        anchor = json.loads(line)
        if not anchor["seq"]:
            continue
        stored = AuditSeal.objects.filter(seq=anchor["seq"]).values_list("hash", flat=True).first()
        if stored is None:
            return f"seal {anchor['seq']}, anchored {anchor['at']}, is gone: the end of the chain was cut"
        if stored != anchor["hash"]:
            return f"seal {anchor['seq']} is not what was anchored {anchor['at']}"
    return None


def _publish(checkpoint: AuditCheckpoint, target: str) -> OSError | None:
    """Publish to one target and keep its receipt; return the error instead of raising it."""
    try:
        receipt, token = _PUBLISHERS[Target(target)](checkpoint)
    except OSError as error:
        log.warning("audit_anchor_failed", target=target, error=str(error))
        return error
    AuditAnchor.objects.create(checkpoint=checkpoint, target=target, receipt=receipt[:300], token=token)
    return None


def _append_to_file(checkpoint: AuditCheckpoint) -> Receipt:
    path = Path(settings.AUDIT_ANCHOR_PATH)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(build_anchor(checkpoint)) + "\n")
    return str(path), b""


def _send_email(checkpoint: AuditCheckpoint) -> Receipt:
    anchor = json.dumps(build_anchor(checkpoint))
    text = f"{anchor}\n\nKeep this message. manage.py audit verify --anchors FILE compares.\n"
    title = f"Audit anchor: seal {checkpoint.size}"
    send_mail(title, text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_ANCHOR_EMAILS)
    return ", ".join(settings.AUDIT_ANCHOR_EMAILS), b""


def _put_object(checkpoint: AuditCheckpoint) -> Receipt:
    # boto3 is an optional package that takes long to load, and only this target needs it.
    return str(import_module("accounts.audit.object_store").put_checkpoint(checkpoint)), b""


def _stamp(checkpoint: AuditCheckpoint) -> Receipt:
    token, at = request_timestamp(checkpoint.note.encode())
    return at, token


_PUBLISHERS: dict[Target, Callable[[AuditCheckpoint], Receipt]] = {
    Target.FILE: _append_to_file,
    Target.EMAIL: _send_email,
    Target.OBJECT_STORE: _put_object,
    Target.TIME_STAMP: _stamp,
}
