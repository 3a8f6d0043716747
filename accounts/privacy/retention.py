"""How long things are kept: a rule per kind of data, as a row that an administrator sets, applied nightly.

Each app lists what it keeps, and the setting ``RETENTION`` names the lists. Audit events, deployments,
decisions and counts are no such kind: they stay. Names have a rule without a number of days until somebody
decides on one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.audit import trail
from accounts.models import Erasure, RetentionRule, User
from accounts.privacy import erasure

_BATCH_ROWS = 5_000
"""Rows deleted in one transaction."""


@dataclass(frozen=True)
class RetentionKind:
    """One kind of data: its name, the days it is kept unless somebody decides otherwise, and the two verbs.

    ``due`` counts what is older than a moment; ``remove`` removes it and returns how much that was.
    """

    key: str
    title: str
    default_days: int | None
    count_due: Callable[[datetime], int]
    remove: Callable[[datetime], int]


@dataclass(frozen=True)
class RetentionResult:
    """What a rule came to, or would: rows due or removed; ``days`` is ``None`` where all is kept."""

    kind: RetentionKind
    days: int | None
    rows: int


def build_row_kind(
    key: str, title: str, days: int | None, old: Callable[[datetime], QuerySet[Model]]
) -> RetentionKind:
    """Return a kind whose old rows are deleted, batch by batch."""
    return RetentionKind(
        key, title, days, lambda moment: old(moment).count(), lambda moment: _delete_in_batches(old(moment))
    )


def load_kinds() -> list[RetentionKind]:
    """Return every kind of data under a rule."""
    return [kind for name in settings.RETENTION for kind in import_string(name)]


def load_rules() -> dict[str, RetentionRule]:
    """Return the rule of every kind, made with its default where nobody has set one."""
    for kind in load_kinds():
        RetentionRule.objects.get_or_create(key=kind.key, defaults={"days": kind.default_days})
    return {rule.key: rule for rule in RetentionRule.objects.all()}


@transaction.atomic
def change_rule(rule: RetentionRule, days: int | None, actor: User | None) -> RetentionRule:
    """Set how long a kind of data is kept."""
    before, rule.days = RetentionRule.objects.select_for_update().get(pk=rule.pk).days, days
    rule.save()
    trail.record_event("retention.changed", rule, actor, before=before, after=days)
    return rule


def preview_rules(now: datetime) -> list[RetentionResult]:
    """Say what applying the rules would remove; nothing is changed."""
    return [
        RetentionResult(kind, days, kind.count_due(moment) if moment else 0)
        for kind, days, moment in _list_cutoffs(now)
    ]


def apply_rules(now: datetime) -> list[RetentionResult]:
    """Remove what is older than its rule allows; every removal is recorded with its count."""
    outcomes = []
    for kind, days, moment in _list_cutoffs(now):
        rows = kind.remove(moment) if moment else 0
        if rows:
            _record_removal(kind, days, rows)
        outcomes.append(RetentionResult(kind, days, rows))
    return outcomes


def count_due_names(moment: datetime) -> int:
    """Return how many rows hold names or words older than a moment."""
    return sum(erasure.count_affected(Erasure(subject=Erasure.Subject.AGE, before=moment)).values())


def erase_old_names(moment: datetime) -> int:
    """Erase the names older than a moment, as an erasure of its own; nothing is asked for when none is."""
    if not count_due_names(moment):
        return 0
    done = erasure.run_erasure(erasure.request_erasure_before(moment, "retention"))
    return sum(done.counts.values())


def _list_cutoffs(now: datetime) -> list[tuple[RetentionKind, int | None, datetime | None]]:
    """Return each kind with its days and the moment before which it is too old."""
    found = load_rules()
    listed = []
    for kind in load_kinds():
        days = found[kind.key].days
        listed.append((kind, days, None if days is None else now - timedelta(days=days)))
    return listed


def _delete_in_batches(rows: QuerySet[Model]) -> int:
    total = 0
    while found := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH_ROWS]):
        rows.model._base_manager.filter(pk__in=found).delete()
        total += len(found)
    return total


@transaction.atomic
def _record_removal(kind: RetentionKind, days: int | None, rows: int) -> None:
    rule = RetentionRule.objects.get(pk=kind.key)
    trail.record_event("retention.applied", rule, None, days=days, rows=rows, at=timezone.now().isoformat())
