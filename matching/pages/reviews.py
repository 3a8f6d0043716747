"""Texts of the review of a prediction on its page. Pure: the input is the review as the API returns it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from accounts.dates import format_moment
from matching.models import DecisionMaker, ReviewDecision, ReviewStatus

_SENTENCES: Mapping[str, tuple[str, str]] = {
    ReviewStatus.NOT_NEEDED: (
        "No review needed",
        "The verdict decides. You can ask a reviewer all the same.",
    ),
    ReviewStatus.AVAILABLE: ("Not reviewed yet", "No reviewer has been asked."),
    ReviewStatus.QUEUED: ("Waiting for a reviewer", "The decision appears on this page."),
    ReviewStatus.IN_REVIEW: (
        "In review",
        "A reviewer has opened it. The decision appears on this page when it is final.",
    ),
    ReviewStatus.NEEDS_DOCUMENT: (
        "A document is missing",
        "The reviewer waits for it or for its content.",
    ),
    ReviewStatus.WITHDRAWN: ("Review withdrawn", "No reviewer decides this pair."),
}
_DECISIONS: Mapping[str, tuple[str, str, str]] = {
    ReviewDecision.IMMATERIAL: ("✓", "Immaterial", "The same name for this purpose."),
    ReviewDecision.MATERIAL: ("✕", "Material", "Another name, or not good enough for this purpose."),
    ReviewDecision.CANNOT_TELL: ("?", "Cannot tell", "The names alone do not settle it."),
}


class ReviewPanel(NamedTuple):
    """The texts of a review that is not decided."""

    status: str
    title: str
    sentence: str


class DecisionPanel(NamedTuple):
    """The texts of a decision; ``badge`` is the verdict that has its colours."""

    badge: str
    symbol: str
    title: str
    sentence: str
    facts: str


def build_review_panel(review: Mapping[str, Any]) -> ReviewPanel | None:
    """Return the texts of a review; ``None`` when it is decided."""
    status = review["status"]
    return None if status == ReviewStatus.DECIDED else ReviewPanel(status, *_SENTENCES[status])


def build_decision_panel(review: Mapping[str, Any]) -> DecisionPanel | None:
    """Return the texts of a decision; ``None`` while there is none."""
    decision = review["verdict"]
    if review["status"] != ReviewStatus.DECIDED:
        return None
    symbol, title, sentence = _DECISIONS[decision]
    badge = "review" if decision == ReviewDecision.CANNOT_TELL else decision
    return DecisionPanel(badge, symbol, title, review["reason"] or sentence, _describe_facts(review))


def may_ask_reviewer(review: Mapping[str, Any], is_erased: bool) -> bool:
    """Return whether a reviewer can be asked: nobody looks at it, and reviewers have not settled it."""
    if is_erased:
        return False
    if review["status"] == ReviewStatus.DECIDED:
        is_precedent = review["decided_by"] == DecisionMaker.PRECEDENT
        return bool(is_precedent or review["verdict"] == ReviewDecision.CANNOT_TELL)
    return review["status"] in (ReviewStatus.NOT_NEEDED, ReviewStatus.AVAILABLE, ReviewStatus.WITHDRAWN)


def describe_people(people: int) -> str:
    """Return how many reviewers decided."""
    return "one reviewer" if people == 1 else f"{people} reviewers"


def _describe_facts(review: Mapping[str, Any]) -> str:
    """Return who decided, when, and by which clause of which guideline."""
    who = ", ".join(review["reviewers"] or []) or describe_people(review["people"])
    at = format_moment(datetime.fromisoformat(review["decided_at"]))
    is_precedent = review["decided_by"] == DecisionMaker.PRECEDENT
    first = f"{'The same pair was decided before, by' if is_precedent else 'Decided by'} {who}, {at}"
    under = [f"guideline {review['guideline']}"] if review["guideline"] else []
    clause = [f"clause {review['clause']}"] if review["clause"] else []
    return ", ".join([first, *under, *clause]) + "."
