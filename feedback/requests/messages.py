"""Messages between requester and reviewers. Reviewers stay blind: what speaks of the answer waits.

Each function changes rows, records an audit event and returns in one transaction.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import ItemEvent, ReviewItem, ReviewMessage
from feedback.requests.service import ReviewRequestError, refuse_settled
from feedback.review.announcements import announce_answer, announce_question
from feedback.review.outcome import lock_review
from feedback.review.queue import lock_claimed_item, park_item, resume_item
from matching.models import Prediction, PredictionReview, ReviewStatus, ReviewStream

MAX_MESSAGES = 50
"""Most messages about one prediction."""

_WAITING = (ReviewStatus.QUEUED, ReviewStatus.IN_REVIEW, ReviewStatus.NEEDS_DOCUMENT)
_RESULT = re.compile(
    r"\b(?:(?:im)?material(?:ity|ly)?|verdicts?|confiden\w{1,5}|probabilit\w{1,3}|predict\w{0,6}|override\w?"
    r"|(?:automatic|model.?s?|program.?s?|tool.?s?|system.?s?|software.?s?|your)"
    r" (?:answers?|results?|opinions?)"
    r"|(?:model|program|tool|system|software|algorithm|ai)"
    r" (?:says?|said|thinks?|thought|found|finds|answer\w{0,3}|decide\w?|states?|stated|is sure)"
    r"|\d{1,3}(?:[.,]\d{1,4})? ?%? (?:sure|certain|likely))\b",
    re.IGNORECASE,
)
"""Words that speak of an answer rather than of the parties."""


class ReviewMessageError(ReviewRequestError):
    """A message cannot be sent; the message is fit for the screen."""


@transaction.atomic
def ask_requester(item: ReviewItem, reviewer: User, text: str, park: bool = False) -> ReviewMessage:
    """Ask the requester a question about a claimed item; ``park`` sets the item aside until the answer.

    Raises ``ClaimLostError`` for an item that the reviewer does not hold, :class:`ReviewMessageError` for a
    question that speaks of the answer, and for one message too many.
    """
    item = lock_claimed_item(item, reviewer, timezone.now())
    if word := find_result_word(text, item.prediction):
        raise ReviewMessageError(
            gettext("Ask for facts, without “{word}”: no answer may show before it is final.").format(
                word=word
            )
        )
    row = _store_message(item.prediction, reviewer, text, ReviewMessage.Side.REVIEWER, item=item)
    if park:
        park_item(item, reviewer, text)
    else:
        announce_question(row)
    return row


@transaction.atomic
def write_to_reviewers(prediction: Prediction, user: User, text: str) -> ReviewMessage:
    """Send a message of the requester; an answer brings an item back that waits for it.

    Reviewers read it at once when one of them has asked and it speaks of facts, otherwise after their
    decision. Raises :class:`ReviewMessageError` when no review is waiting, and for one message too many.
    """
    review = PredictionReview.objects.filter(pk=prediction.pk).first()
    refuse_settled(prediction, review)
    if review is None or review.status not in _WAITING:
        raise ReviewMessageError(gettext("No reviewer looks at this comparison; ask one first."))
    lock_review(prediction)
    asked = ReviewMessage.objects.filter(prediction=prediction, side=ReviewMessage.Side.REVIEWER)
    is_held = not asked.exists() or bool(find_result_word(text, prediction))
    row = _store_message(prediction, user, text, ReviewMessage.Side.REQUESTER, is_held=is_held)
    if not is_held:
        _tell_askers(asked)
        _resume_parked_item(prediction, user)
    return row


def find_result_word(text: str, prediction: Prediction) -> str:
    """Return the first words that speak of an answer; empty where there are none.

    A word that one of the names has is a word of the parties.
    """
    names = f"{prediction.name1} {prediction.name2}".casefold()
    words = (found[0] for found in _RESULT.finditer(" ".join(text.split())))
    return next((word for word in words if word.casefold() not in names), "")


def _store_message(
    prediction: Prediction,
    author: User,
    text: str,
    side: str,
    item: ReviewItem | None = None,
    is_held: bool = False,
) -> ReviewMessage:
    if ReviewMessage.objects.filter(prediction=prediction).count() >= MAX_MESSAGES:
        raise ReviewMessageError(
            gettext("A comparison has at most {max_messages} messages.").format(max_messages=MAX_MESSAGES)
        )
    row = ReviewMessage.objects.create(
        prediction=prediction, author=author, text=text, side=side, item=item, is_held=is_held
    )
    trail.record_event("review_message.sent", row, author, prediction=str(prediction.pk), side=str(side))
    return row


def _tell_askers(questions: QuerySet[ReviewMessage]) -> None:
    """Tell the reviewers who asked about items that are still to be decided; a parked one tells by itself."""
    waiting = (ReviewItem.State.OPEN, ReviewItem.State.CLAIMED)
    for item in ReviewItem.objects.filter(messages__in=questions, state__in=waiting).distinct():
        announce_answer(item, questions.filter(item=item).values_list("author", flat=True))


def _resume_parked_item(prediction: Prediction, user: User) -> None:
    parked = ReviewItem.objects.filter(prediction=prediction, state=ReviewItem.State.PARKED)
    item = parked.exclude(stream=ReviewStream.GOLD).order_by("id").first()
    if item is not None:
        resume_item(item, user, "See the messages.", ItemEvent.Kind.ANSWERED)
