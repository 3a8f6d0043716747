"""The head of the audit chain, kept where whoever could cut the chain cannot reach: log, file, e-mail.

A chain shows what was altered or taken out of its middle. That its end was cut shows only beside a head that
was written down elsewhere.
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
    """Return number and hash of the newest seal, and the time; number 0 before the first."""
    row = AuditSeal.objects.order_by("-seq").values("seq", "hash").first()
    found = row or {"seq": 0, "hash": GENESIS_HASH}
    return {"at": timezone.now().isoformat(timespec="seconds"), **found}


def publish_anchor() -> dict[str, Any]:
    """Write the head to the log, to ``AUDIT_ANCHOR_PATH``, and by e-mail to ``AUDIT_ANCHOR_EMAILS`` if set.

    Raises ``OSError`` when file or mail server refuse, after every other place has it.
    """
    anchor = read_head()
    log.info("audit_anchor", **anchor)
    try:
        _append_anchor(Path(settings.AUDIT_ANCHOR_PATH), anchor)
    finally:
        _send_anchor(anchor)
    return anchor


def find_broken_anchor(lines: Iterable[str]) -> str | None:
    """Say which anchor the chain no longer holds, or nothing. Raises ``ValueError`` for other lines."""
    for line in lines:
        anchor = json.loads(line)
        if not anchor["seq"]:
            continue
        found = AuditSeal.objects.filter(seq=anchor["seq"]).values_list("hash", flat=True).first()
        if found is None:
            return f"seal {anchor['seq']}, anchored {anchor['at']}, is gone: the end of the chain was cut"
        if found != anchor["hash"]:
            return f"seal {anchor['seq']} is not what was anchored {anchor['at']}"
    return None


def _append_anchor(path: Path, anchor: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(anchor) + "\n")


def _send_anchor(anchor: dict[str, Any]) -> None:
    if settings.AUDIT_ANCHOR_EMAILS:
        text = f"{json.dumps(anchor)}\n\nKeep this message. manage.py audit verify --anchors FILE compares.\n"
        title = f"Audit anchor: seal {anchor['seq']}"
        send_mail(title, text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_ANCHOR_EMAILS)
