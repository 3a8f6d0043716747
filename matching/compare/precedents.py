"""Answer a pair that reviewers have settled before by their decision.

The model's own answer is stored as always. Nothing of this is cached in the process: a precedent that was
revoked or ended answers no request that begins after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import timezone

from accounts.bulk_insert import insert_row_if
from accounts.encryption.crypto import DigestPurpose, compute_digest
from accounts.models import User
from matching.compare.request import CompareRequest
from matching.models import (
    DecisionMaker,
    PairPrecedent,
    Prediction,
    PredictionReview,
    ReviewStatus,
    ReviewStream,
)
from matching.models.pair_precedent import NO_PRECEDENT_SQL
from matching.pair_digest import normalise_name


def compute_precedent_key(request: CompareRequest, kind: str, matter_id: UUID | None = None) -> str:
    """Return the keyed digest of all that a decision depends on, the same in either order of the names.

    Other jurisdictions, identifiers or another registered name give another key, and so does a matter: what
    is decided behind its wall answers there alone. ``kind`` is the one that the engine settled on.
    """
    context = request.context
    sides = (
        (request.name1, context.jurisdiction_left, context.identifiers_left, context.register == "left"),
        (request.name2, context.jurisdiction_right, context.identifiers_right, context.register == "right"),
    )
    parts = sorted(
        orjson.dumps([place, sorted(identifiers.items()), is_registered])
        + normalise_name(name).encode("utf-8", "surrogatepass")
        for name, place, identifiers, is_registered in sides
    )
    walled = [f"matter {matter_id}"] if matter_id else []
    return compute_digest(DigestPurpose.PAIR, "precedent", request.profile, kind, *walled, *parts)


def insert_unless_decided(user: User, request: CompareRequest, prediction: Prediction) -> bool:
    """Insert a prediction unless a precedent is in force, in one statement; return whether it was inserted.

    Where it was not, or precedents are off, :func:`find_precedent_reviews` tells whether one answers it.
    """
    if request.profile in settings.PRECEDENTS_OFF_PROFILES:
        return False
    key = compute_precedent_key(request, prediction.kind, prediction.matter_id)
    named = {"key": key, "user": user.pk, "shared": _are_shared(prediction)}
    return insert_row_if(prediction, NO_PRECEDENT_SQL, named)


def _are_shared(prediction: Prediction) -> bool:
    """Return whether precedents of other users answer: of every user, or of the members of its matter."""
    return settings.PRECEDENTS_SHARED or prediction.matter_id is not None


def find_precedent_reviews(
    user: User, pairs: Sequence[tuple[CompareRequest, Prediction]]
) -> list[PredictionReview]:
    """Return the unsaved reviews of those predictions that a precedent answers, by one look-up for all.

    The predictions are all of one matter, or all of none; the members of a matter share its precedents.
    A precedent does not answer where the engine now finds a kind of difference that its reviewers were not
    shown. Such a prediction is not drawn for review because of its verdict; the random audit still draws it.
    """
    keys = {
        prediction.pk: compute_precedent_key(request, prediction.kind, prediction.matter_id)
        for request, prediction in pairs
        if request.profile not in settings.PRECEDENTS_OFF_PROFILES
    }
    if not keys:
        return []
    ids = PairPrecedent.objects.find_ids(sorted(set(keys.values())), user.pk, _are_shared(pairs[0][1]))
    if not ids:
        return []
    rows = PairPrecedent.objects.select_related("prediction__requester_review").in_bulk(list(ids.values()))
    answered = [
        (prediction, rows[ids[keys[prediction.pk]]])
        for _, prediction in pairs
        if keys.get(prediction.pk) in ids
    ]
    return [
        _answer(prediction, precedent)
        for prediction, precedent in answered
        if prediction.categories <= precedent.prediction.categories
    ]


def _answer(prediction: Prediction, precedent: PairPrecedent) -> PredictionReview:
    """Return the review that repeats an earlier decision; its text is left out of another user's."""
    earlier = precedent.prediction.current_review
    if earlier is None:
        raise ValueError("a precedent belongs to a decided prediction")
    if prediction.stream == ReviewStream.UNCERTAIN:
        prediction.stream, prediction.selection_probability = "", None
    is_own = precedent.user_id == prediction.user_id or prediction.matter_id is not None
    return PredictionReview(
        prediction=prediction,
        user_id=prediction.user_id,
        status=ReviewStatus.DECIDED,
        decision=earlier.decision,
        decided_by=DecisionMaker.PRECEDENT,
        precedent=precedent,
        decided_at=earlier.decided_at,
        released_at=earlier.released_at,
        guideline_version=precedent.guideline_version,
        clause=earlier.clause,
        reason=(earlier.reason or "") if is_own else "",
        people=earlier.people,
        reviewers=earlier.reviewers,
        updated_at=timezone.now(),
    )
