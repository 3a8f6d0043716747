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

from accounts import audit, erasure
from accounts.models import Erasure, RetentionRule, User

_BATCH = 5_000
"""Rows deleted in one transaction."""


@dataclass(frozen=True)
class Kind:
    """One kind of data: its name, the days it is kept unless somebody decides otherwise, and the two verbs.

    ``due`` counts what is older than a moment; ``remove`` removes it and returns how much that was.
    """

    key: str
    title: str
    days: int | None
    due: Callable[[datetime], int]
    remove: Callable[[datetime], int]


@dataclass(frozen=True)
class Outcome:
    """What a rule came to, or would: rows due or removed; ``days`` is ``None`` where all is kept."""

    kind: Kind
    days: int | None
    rows: int


def rows_of(key: str, title: str, days: int | None, old: Callable[[datetime], QuerySet[Model]]) -> Kind:
    """Return a kind whose old rows are deleted, batch by batch."""
    return Kind(key, title, days, lambda moment: old(moment).count(), lambda moment: _delete(old(moment)))


def kinds() -> list[Kind]:
    """Return every kind of data under a rule."""
    return [kind for name in settings.RETENTION for kind in import_string(name)]


def rules() -> dict[str, RetentionRule]:
    """Return the rule of every kind, made with its default where nobody has set one."""
    for kind in kinds():
        RetentionRule.objects.get_or_create(key=kind.key, defaults={"days": kind.days})
    return {rule.key: rule for rule in RetentionRule.objects.all()}


@transaction.atomic
def change(rule: RetentionRule, days: int | None, actor: User | None) -> RetentionRule:
    """Set how long a kind of data is kept."""
    before, rule.days = RetentionRule.objects.select_for_update().get(pk=rule.pk).days, days
    rule.save()
    audit.record("retention.changed", rule, actor, before=before, after=days)
    return rule


def look(now: datetime) -> list[Outcome]:
    """Say what applying the rules would remove; nothing is changed."""
    return [Outcome(kind, days, kind.due(moment) if moment else 0) for kind, days, moment in _moments(now)]


def apply(now: datetime) -> list[Outcome]:
    """Remove what is older than its rule allows; every removal is recorded with its count."""
    outcomes = []
    for kind, days, moment in _moments(now):
        rows = kind.remove(moment) if moment else 0
        if rows:
            _record(kind, days, rows)
        outcomes.append(Outcome(kind, days, rows))
    return outcomes


def names_due(moment: datetime) -> int:
    """Return how many rows hold names or words older than a moment."""
    return sum(erasure.counted(Erasure(subject=Erasure.Subject.AGE, before=moment)).values())


def blank_names(moment: datetime) -> int:
    """Erase the names older than a moment, as an erasure of its own; nothing is asked for when none is."""
    if not names_due(moment):
        return 0
    done = erasure.run(erasure.ask_age(moment, "retention"))
    return sum(done.counts.values())


def _moments(now: datetime) -> list[tuple[Kind, int | None, datetime | None]]:
    """Return each kind with its days and the moment before which it is too old."""
    found = rules()
    listed = []
    for kind in kinds():
        days = found[kind.key].days
        listed.append((kind, days, None if days is None else now - timedelta(days=days)))
    return listed


def _delete(rows: QuerySet[Model]) -> int:
    total = 0
    while found := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        rows.model._base_manager.filter(pk__in=found).delete()
        total += len(found)
    return total


@transaction.atomic
def _record(kind: Kind, days: int | None, rows: int) -> None:
    rule = RetentionRule.objects.get(pk=kind.key)
    audit.record("retention.applied", rule, None, days=days, rows=rows, at=timezone.now().isoformat())
