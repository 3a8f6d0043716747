"""Thresholds that people set: current values, and changes with a reason; history is never rewritten."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from modelops.models import THRESHOLD_DEFAULTS, Threshold


class ThresholdError(Exception):
    """The threshold cannot be set to this value; the message says why."""


def get_threshold(name: str) -> float:
    """Return the current value of a threshold. Raises ``KeyError`` for an unknown one."""
    return float(get_exact_threshold(name))


def get_exact_threshold(name: str) -> Decimal:
    """Return the current value of a threshold as stored."""
    newest = Threshold.objects.filter(name=name).values_list("value", flat=True).first()
    return THRESHOLD_DEFAULTS[name][0] if newest is None else newest


def check_threshold(name: str, value: Decimal) -> None:
    """Raise :class:`ThresholdError` for a value that is out of range or unchanged."""
    if value <= 0:
        raise ThresholdError(gettext("{name} must be above 0").format(name=name))
    if name in ("accuracy", "precision", "recall", "performance_drift") and value > 1:
        raise ThresholdError(gettext("{name} is a share: at most 1").format(name=name))
    if value == get_exact_threshold(name):
        raise ThresholdError(
            gettext("{name} is {normalize:f} already").format(name=name, normalize=value.normalize())
        )


@transaction.atomic
def change_threshold(name: str, value: Decimal, actor: User, reason: str) -> Threshold:
    """Set a threshold. Raises :class:`ThresholdError` for a value that is out of range or unchanged."""
    check_threshold(name, value)
    before = get_exact_threshold(name)
    row = Threshold.objects.create(name=name, value=value, previous=before, reason=reason, changed_by=actor)
    detail = {"name": name, "before": str(before), "after": str(value), "reason": reason}
    trail.record_event("threshold.changed", row, actor, **detail)
    return row
