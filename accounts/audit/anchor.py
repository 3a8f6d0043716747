"""Anchors: the head of the audit chain, published to the log, a file and e-mail addresses.

The chain shows that an event in its middle was altered or removed. That its end was cut shows only by
comparison with a head stored where the database administrator has no access.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from accounts.audit.trail import GENESIS_HASH
from accounts.models import AuditSeal

log = structlog.get_logger(__name__)


def read_head() -> dict[str, Any]:
    """Return the number and hash of the newest seal, and the time; number 0 without seals."""
    row = AuditSeal.objects.order_by("-seq").values("seq", "hash").first()
    head = row or {"seq": 0, "hash": GENESIS_HASH}
    return {"at": timezone.now().isoformat(timespec="seconds"), **head}


def publish_anchor() -> dict[str, Any]:
    """Publish the head to the log, to ``AUDIT_ANCHOR_PATH`` and, if set, to ``AUDIT_ANCHOR_EMAILS``.

    Raises ``OSError`` when the file or the mail server fails, after the other targets have been served.
    """
    anchor = read_head()
    log.info("audit_anchor", **anchor)
    try:
        _append_anchor(Path(settings.AUDIT_ANCHOR_PATH), anchor)
    finally:
        _send_anchor(anchor)
    return anchor


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


def _append_anchor(path: Path, anchor: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(anchor) + "\n")


def _send_anchor(anchor: dict[str, Any]) -> None:
    if settings.AUDIT_ANCHOR_EMAILS:
        text = f"{json.dumps(anchor)}\n\nKeep this message. manage.py audit verify --anchors FILE compares.\n"
        title = f"Audit anchor: seal {anchor['seq']}"
        send_mail(title, text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_ANCHOR_EMAILS)
