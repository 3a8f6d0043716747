"""Which predictions reviewers must not see the model's answer to yet."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from feedback.models import ReviewItem
from matching.models import Prediction


def build_undecided_condition() -> Q:
    """Return the condition of predictions whose pair waits for a decision, also by another prediction of it.

    A prediction that was drawn for review and is not in the queue yet waits too. What waits behind the wall
    of another matter does not count: that it waits must not be told.
    """
    known = Q(matter=None) | Q(matter=OuterRef("matter"))
    same_pair = Prediction.objects.filter(known, pair_digest=OuterRef("pair_digest"))
    not_queued = same_pair.exclude(stream="").filter(review_items=None)
    of_pair = Q(prediction__matter=None) | Q(prediction__matter=OuterRef("matter"))
    open_items = ReviewItem.objects.open().filter(of_pair, prediction__pair_digest=OuterRef("pair_digest"))
    return Q(Exists(open_items)) | Q(Exists(not_queued))
