"""Which precedents of pairs a change of the guideline touches.

A precedent rests on the clauses on its categories of difference, on its profile, and on the clause that it
cites. What cannot be told apart ends all: a principle, which is a clause of no category and no profile, may
have carried any decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q

from feedback.guideline.comparison import ChangeKind, ClauseChange
from feedback.models import Clause, Feedback, Guideline
from matching.engine import PROFILE_IDS, REGISTRY_PROFILE_IDS
from matching.models import PairPrecedent, PairPrecedentQuerySet

_PROFILE_IDS = (*PROFILE_IDS, *REGISTRY_PROFILE_IDS)


def select_touched(changes: Sequence[ClauseChange], guideline: Guideline) -> PairPrecedentQuerySet:
    """Return the precedents in force that end when these changes make ``guideline`` the one in force.

    A renumbered clause touches none. A precedent without a known difference is touched by every other change.
    """
    in_force = PairPrecedent.objects.filter(ended_at=None)
    clauses = [
        clause
        for change in changes
        if change.kind != ChangeKind.RENUMBERED
        for clause in (change.before, change.after)
        if clause
    ]
    if not clauses:
        return in_force.none()
    if any(_is_principle(clause) for clause in clauses):
        return in_force
    return in_force.filter(_build_condition(clauses) | _cites_clause_missing_in(guideline))


def _is_principle(clause: Clause) -> bool:
    return not clause.categories and _read_profile(clause) is None


def _read_profile(clause: Clause) -> str | None:
    """Return the profile that the title of a clause names at its end, as in "Screening (sanctions)"."""
    return next((name for name in _PROFILE_IDS if clause.title.endswith(f"({name})")), None)


def _build_condition(clauses: Iterable[Clause]) -> Q:
    """Return the condition that a precedent has a category or the profile of one of the clauses."""
    categories = sorted({category for clause in clauses for category in clause.categories})
    profiles = sorted({profile for clause in clauses if (profile := _read_profile(clause))})
    found = [Q(prediction__differences__contains=[{"category": category}]) for category in categories]
    return reduce(or_, found, Q(prediction__differences=[]) | Q(profile__in=profiles))


def _cites_clause_missing_in(guideline: Guideline) -> Exists:
    """Return whether a decision on the pair cites a clause that the guideline has not, word for word."""
    same = Clause.objects.filter(
        guideline=guideline,
        title=OuterRef("clause__title"),
        text=OuterRef("clause__text"),
        categories=OuterRef("clause__categories"),
    )
    citing = Feedback.objects.by_reviewers().filter(prediction=OuterRef("prediction"), clause__isnull=False)
    return Exists(citing.exclude(Exists(same)))
