"""The guideline in force, its drafts, and the precedents of a pair."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.encryption.crypto import sha256
from accounts.language.sentences import lower
from accounts.models import User
from feedback.guideline.comparison import compare_clauses
from feedback.guideline.pair_precedents import end_pair_precedents
from feedback.guideline.scope import select_touched
from feedback.models import Clause, Feedback, Guideline, Precedent
from matching.models import Prediction, ReplacedGuideline
from matters.wall import select_visible

R = TypeVar("R", bound=QuerySet[Any])

MAX_PRECEDENTS = 4
_MAX_CANDIDATES = 200
_MAX_HISTORY = 8


class GuidelineError(Exception):
    """The change to the guideline is not allowed; the message states the reason."""


class PastDecision(NamedTuple):
    """An earlier decision on the same pair of names: date, reviewer, profile, answer, cited clause."""

    decided_on: str
    reviewer: str
    profile: str
    answer: str
    clause: Clause | None


def get_guideline_in_force() -> tuple[Guideline | None, tuple[Clause, ...]]:
    """Return the guideline in force with its clauses, which are cached: a published version never changes."""
    row = Guideline.objects.get_in_force()
    return (row, _load_clauses(row.pk)) if row else (None, ())


@lru_cache(maxsize=8)
def _load_clauses(guideline: int) -> tuple[Clause, ...]:
    return tuple(Clause.objects.filter(guideline=guideline).select_related("guideline"))


def select_clauses(clauses: Sequence[Clause], categories: Collection[str], profile: str) -> list[Clause]:
    """Return the clauses on these categories of difference or on the profile, in the guideline's order."""
    named = f"({profile})"
    return [row for row in clauses if set(row.categories) & set(categories) or row.title.endswith(named)]


def find_changed_categories(version: str) -> frozenset[str]:
    """Return the categories of difference whose clauses have changed since an earlier version.

    Empty for an unknown version. Clauses without a category are principles: their changes outdate no label.
    """
    then, (now, clauses) = Guideline.objects.filter(version=version).first(), get_guideline_in_force()
    if then is None or now is None or then.pk == now.pk:
        return frozenset()
    before, after = _group_by_category(_load_clauses(then.pk)), _group_by_category(clauses)
    return frozenset(
        category for category in before.keys() | after.keys() if before.get(category) != after.get(category)
    )


def _group_by_category(clauses: Sequence[Clause]) -> dict[str, set[str]]:
    texts: dict[str, set[str]] = {}
    for clause in clauses:
        for category in clause.categories:
            texts.setdefault(category, set()).add(clause.text)
    return texts


@transaction.atomic
def start_draft(actor: User, version: str) -> Guideline:
    """Copy the guideline in force into a draft. Raises :class:`GuidelineError` when a draft exists."""
    current, clauses = get_guideline_in_force()
    try:
        with transaction.atomic():
            draft = Guideline.objects.create(version=version)
    except IntegrityError as error:
        raise GuidelineError(gettext("There is a draft already, or a version of that name.")) from error
    columns = ("chapter", "number", "title", "text", "categories", "position")
    Clause.objects.bulk_create(
        Clause(guideline=draft, **{name: getattr(clause, name) for name in columns}) for clause in clauses
    )
    trail.record_event(
        "guideline.drafted", draft, actor, version=version, after=current.version if current else ""
    )
    return draft


def compute_fingerprint(draft: Guideline) -> str:
    """Return a digest of the clauses of a draft and of the version that it would replace."""
    in_force = Guideline.objects.get_in_force()
    columns = ("chapter", "number", "title", "text", "categories", "position")
    rows = Clause.objects.filter(guideline=draft).values_list(*columns)
    return sha256(repr([in_force and in_force.pk, *rows]).encode("utf-8", "surrogatepass"))


@transaction.atomic
def publish_reviewed_draft(draft: Guideline, actor: User, summary: str, fingerprint: str) -> int:
    """Put a draft in force as the actor saw it, with what changed and why; return the precedents that end.

    Raises :class:`GuidelineError` when the draft or the version in force changed since ``fingerprint`` was
    computed, and as :func:`publish_guideline`.
    """
    draft = Guideline.objects.select_for_update().get(pk=draft.pk)
    if draft.status == Guideline.Status.DRAFT and compute_fingerprint(draft) != fingerprint:
        raise GuidelineError(
            gettext("The draft or the guideline in force changed meanwhile. Look at the changes again.")
        )
    draft.summary = summary
    draft.save(update_fields=["summary"])
    return _publish(draft, actor)


@transaction.atomic
def publish_guideline(draft: Guideline, actor: User | None) -> Guideline:
    """Put a draft in force; ``actor`` is ``None`` for the starting guideline.

    Raises :class:`GuidelineError` for a version without clauses or one that is published already.
    """
    draft = Guideline.objects.select_for_update().get(pk=draft.pk)
    _publish(draft, actor)
    return draft


def _publish(draft: Guideline, actor: User | None) -> int:
    """Publish a locked draft and return how many precedents end; raises as :func:`publish_guideline`."""
    if draft.status != Guideline.Status.DRAFT:
        raise GuidelineError(gettext("This version is published already."))
    if not draft.clauses.exists():
        raise GuidelineError(gettext("A guideline without clauses cannot be published."))
    replaced, before = get_guideline_in_force()
    draft.status, draft.published_at, draft.published_by = Guideline.Status.PUBLISHED, timezone.now(), actor
    draft.save(update_fields=["status", "published_at", "published_by"])
    if replaced:
        ReplacedGuideline.objects.create(version=replaced.version, replaced_at=draft.published_at)
    ended = end_pair_precedents(select_touched(compare_clauses(before, list(draft.clauses.all())), draft))
    trail.record_event("guideline.published", draft, actor, version=draft.version, precedents_ended=ended)
    return ended


def find_precedents(prediction: Prediction, reviewer: User) -> list[Precedent]:
    """Return up to ``MAX_PRECEDENTS`` adjudicated pairs with common categories, the most similar first.

    Similarity is the Jaccard index of the two sets of categories, plus 0.1 for the same profile.
    """
    categories = prediction.categories
    if not categories:
        return []
    known = _keep_within_wall(Precedent.objects.active(), prediction, reviewer)
    alike = known.filter(kind=prediction.kind, categories__overlap=sorted(categories))
    others = alike.exclude(prediction=prediction).select_related("clause__guideline", "prediction")[
        :_MAX_CANDIDATES
    ]
    ranked = sorted(others, key=lambda row: -_compute_similarity(row, categories, prediction.profile))
    return ranked[:MAX_PRECEDENTS]


def list_pair_history(prediction: Prediction, reviewer: User) -> list[PastDecision]:
    """Return earlier decisions on other predictions for the same pair of names, newest first.

    Decisions on this prediction itself are left out, because its next reviewer must not see them.
    """
    if not prediction.pair_digest:
        return []
    same = Feedback.objects.by_reviewers().filter(prediction__pair_digest=prediction.pair_digest)
    known = _keep_within_wall(same, prediction, reviewer)
    others = known.exclude(prediction=prediction).select_related(
        "reviewer", "prediction", "clause__guideline"
    )
    return [_build_past_decision(row) for row in others.order_by("-id")[:_MAX_HISTORY]]


def _keep_within_wall(rows: R, prediction: Prediction, reviewer: User) -> R:
    """Return the rows of no matter, and for its members those of the matter of the prediction."""
    walled = Q(prediction__matter=None) | Q(prediction__matter=prediction.matter_id)
    return select_visible(rows.filter(walled), reviewer)


def _build_past_decision(row: Feedback) -> PastDecision:
    answer = lower(row.decision.label)
    reviewer = row.reviewer.get_full_name()
    return PastDecision(f"{row.created_at:%Y-%m-%d}", reviewer, row.prediction.profile, answer, row.clause)


def _compute_similarity(precedent: Precedent, categories: set[str], profile: str) -> float:
    other = set(precedent.categories)
    return len(other & categories) / len(other | categories) + (precedent.profile == profile) / 10
