"""Retention: one rule for each kind of data, set by an administrator in a table and applied every night.

Each app lists its kinds of data, and the setting ``RETENTION_KIND_LISTS`` names those lists. Audit events,
deployments, decisions and counts have no rule and are kept. The rule of names has no number of days until an
administrator sets one.
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
from accounts.language.sentences import Text
from accounts.models import Erasure, RetentionRule, User
from accounts.privacy import erasure

_BATCH_ROWS = 5_000
"""Rows deleted in one transaction."""


@dataclass(frozen=True)
class RetentionKind:
    """One kind of data, and the days it is kept by default (``None``: without limit).

    ``count_due`` counts the rows older than a date and time; ``remove`` deletes and returns their number.
    """

    key: str
    title: Text
    default_days: int | None
    count_due: Callable[[datetime], int]
    remove: Callable[[datetime], int]


@dataclass(frozen=True)
class RetentionResult:
    """Outcome of one rule: the rows due or removed. ``days`` is ``None`` for data kept without limit."""

    kind: RetentionKind
    days: int | None
    rows: int


def build_row_kind(
    key: str, title: Text, days: int | None, select_old: Callable[[datetime], QuerySet[Model]]
) -> RetentionKind:
    """Return a kind whose old rows are deleted in batches."""
    return RetentionKind(
        key,
        title,
        days,
        lambda before: select_old(before).count(),
        lambda before: _delete_in_batches(select_old(before)),
    )


def load_kinds() -> list[RetentionKind]:
    """Return the kinds of data of all apps."""
    return [kind for name in settings.RETENTION_KIND_LISTS for kind in import_string(name)]


def load_rules() -> dict[str, RetentionRule]:
    """Return the rules by the key of their kind; missing rules are created with the default days."""
    for kind in load_kinds():
        RetentionRule.objects.get_or_create(key=kind.key, defaults={"days": kind.default_days})
    return {rule.key: rule for rule in RetentionRule.objects.all()}


@transaction.atomic
def change_rule(rule: RetentionRule, days: int | None, actor: User | None) -> RetentionRule:
    """Set the days of a rule and record the change."""
    before, rule.days = RetentionRule.objects.select_for_update().get(pk=rule.pk).days, days
    rule.save()
    trail.record_event("retention.changed", rule, actor, before=before, after=days)
    return rule


def preview_rules(now: datetime) -> list[RetentionResult]:
    """Return what applying the rules would remove; nothing is changed."""
    return [
        RetentionResult(kind, days, kind.count_due(before) if before else 0)
        for kind, days, before in _list_cutoffs(now)
    ]


def apply_rules(now: datetime) -> list[RetentionResult]:
    """Remove the data older than its rule allows; the audit trail records each removal with its count."""
    outcomes = []
    for kind, days, before in _list_cutoffs(now):
        rows = kind.remove(before) if before else 0
        if rows:
            _record_removal(kind, days, rows)
        outcomes.append(RetentionResult(kind, days, rows))
    return outcomes


def count_due_names(before: datetime) -> int:
    """Return the number of rows with names older than a date and time."""
    return sum(erasure.count_affected(Erasure(subject=Erasure.Subject.AGE, before=before)).values())


def erase_old_names(before: datetime) -> int:
    """Erase the names older than a date and time; return the number of rows.

    Creates an erasure only if there is something to erase.
    """
    if not count_due_names(before):
        return 0
    finished = erasure.run_erasure(erasure.request_erasure_before(before, "retention"))
    return sum(finished.counts.values())


def _list_cutoffs(now: datetime) -> list[tuple[RetentionKind, int | None, datetime | None]]:
    """Return each kind with its days and the time before which its data is too old."""
    rules = load_rules()
    cutoffs = []
    for kind in load_kinds():
        days = rules[kind.key].days
        cutoffs.append((kind, days, None if days is None else now - timedelta(days=days)))
    return cutoffs


def _delete_in_batches(rows: QuerySet[Model]) -> int:
    total = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH_ROWS]):
        rows.model._base_manager.filter(pk__in=keys).delete()
        total += len(keys)
    return total


@transaction.atomic
def _record_removal(kind: RetentionKind, days: int | None, rows: int) -> None:
    rule = RetentionRule.objects.get(pk=kind.key)
    trail.record_event("retention.applied", rule, None, days=days, rows=rows, at=timezone.now().isoformat())
