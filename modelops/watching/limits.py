"""The limits people set: read as of now, changed with a reason, never rewritten."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from accounts import audit
from accounts.models import User
from modelops.watch_models import DEFAULTS, Threshold


class LimitError(Exception):
    """The limit cannot be set to that; the message says why."""


def limit(name: str) -> float:
    """Return what a limit is now. Raises ``KeyError`` for an unknown one."""
    return float(current(name))


def current(name: str) -> Decimal:
    """Return the exact value of a limit."""
    newest = Threshold.objects.filter(name=name).values_list("value", flat=True).first()
    return DEFAULTS[name][0] if newest is None else newest


def check(name: str, value: Decimal) -> None:
    """Raise :class:`LimitError` for a value that is no limit, or no change."""
    if value <= 0:
        raise LimitError(f"{name} must be above 0")
    if name in ("accuracy", "precision", "recall") and value > 1:
        raise LimitError(f"{name} is a share: at most 1")
    if value == current(name):
        raise LimitError(f"{name} is {value.normalize():f} already")


@transaction.atomic
def change(name: str, value: Decimal, actor: User, reason: str) -> Threshold:
    """Set a limit. Raises :class:`LimitError` for one that is no limit, or no change."""
    check(name, value)
    before = current(name)
    row = Threshold.objects.create(name=name, value=value, previous=before, reason=reason, changed_by=actor)
    detail = {"name": name, "before": str(before), "after": str(value), "reason": reason}
    audit.record("threshold.changed", row, actor, **detail)
    return row
