"""What a draft changes and what its publication does, counted before anybody confirms it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from feedback.guideline.comparison import ChangeKind, ClauseChange, compare_clauses
from feedback.guideline.scope import select_touched
from feedback.guideline.service import compute_fingerprint, get_guideline_in_force
from feedback.models import Clause, Feedback, Guideline, Precedent, ReviewItem, ReviewStage
from matching.models import PairPrecedent, ReviewStream


@dataclass(frozen=True)
class PublicationEffects:
    """Numbers of rows that a publication concerns."""

    ended_precedents: int
    """Settled pairs that answered by themselves and go to a reviewer when they are asked again."""
    kept_precedents: int
    """Settled pairs that rest on no changed clause and go on answering."""
    open_items: int
    """Items that are decided under the new version from then on."""
    claimed_items: int
    """Of them, those that a reviewer has open now."""
    claimed_adjudications: int
    """Of them, adjudications, which must cite a clause of the new version."""
    cited_precedents: int
    """Adjudicated pairs that cite a changed or removed clause; they stay, with the clause as it read."""
    outdated_labels: int
    """Settled decisions on categories whose clause changes; models are no longer measured by them."""


@dataclass(frozen=True)
class PublicationPreview:
    """A draft beside the version in force."""

    draft: Guideline
    in_force: Guideline | None
    changes: Sequence[ClauseChange]
    unchanged: int
    effects: PublicationEffects
    fingerprint: str

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes of each kind, by its id."""
        counts = Counter(change.kind for change in self.changes)
        return {kind.value: counts[kind] for kind in ChangeKind}


def preview_publication(draft: Guideline) -> PublicationPreview:
    """Return what the publication of a draft would change and do now."""
    in_force, before = get_guideline_in_force()
    after = list(Clause.objects.filter(guideline=draft))
    changes = compare_clauses(before, after)
    differing = sum(change.after is not None for change in changes)
    return PublicationPreview(
        draft,
        in_force,
        changes,
        len(after) - differing,
        _count_effects(changes, draft),
        compute_fingerprint(draft),
    )


def _count_effects(changes: Sequence[ClauseChange], draft: Guideline) -> PublicationEffects:
    items = ReviewItem.objects.open().exclude(stream=ReviewStream.GOLD)
    claimed = items.filter(state=ReviewItem.State.CLAIMED, claimed_until__gte=timezone.now())
    replaced = [
        change.before.pk for change in changes if change.before and change.kind != ChangeKind.RENUMBERED
    ]
    ended = select_touched(changes, draft).count()
    return PublicationEffects(
        ended_precedents=ended,
        kept_precedents=PairPrecedent.objects.filter(ended_at=None).count() - ended,
        open_items=items.count(),
        claimed_items=claimed.count(),
        claimed_adjudications=claimed.filter(stage=ReviewStage.ADJUDICATION).count(),
        cited_precedents=Precedent.objects.active().filter(clause__in=replaced).count(),
        outdated_labels=_count_outdated_labels(changes),
    )


def _count_outdated_labels(changes: Sequence[ClauseChange]) -> int:
    categories: set[str] = set()
    for change in changes:
        if change.kind != ChangeKind.RENUMBERED and _has_new_text(change):
            categories.update(change.before.categories if change.before else ())
            categories.update(change.after.categories if change.after else ())
    if not categories:
        return 0
    concerned = Q()
    for category in sorted(categories):
        concerned |= Q(prediction__differences__contains=[{"category": category}])
    labels: Any = Feedback.objects.settled().exclude(guideline_version="")
    return int(labels.filter(concerned, prediction__erased_at=None).count())


def _has_new_text(change: ClauseChange) -> bool:
    """Return whether a label can be outdated by a change: a new title alone changes no rule."""
    if change.before is None or change.after is None:
        return True
    return (change.before.text, set(change.before.categories)) != (
        change.after.text,
        set(change.after.categories),
    )
