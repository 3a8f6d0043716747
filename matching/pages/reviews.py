"""Texts of the review of a prediction on its page. Pure: the input is the review as the API returns it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_noop, ngettext

from accounts.dates import format_moment
from matching.models import DecisionMaker, ReviewDecision, ReviewStatus

_SENTENCES: Mapping[str, tuple[str, str]] = {
    ReviewStatus.NOT_NEEDED: (
        gettext_noop("No review needed"),
        gettext_noop("The verdict decides. You can ask a reviewer all the same."),
    ),
    ReviewStatus.AVAILABLE: (gettext_noop("Not reviewed yet"), gettext_noop("No reviewer has been asked.")),
    ReviewStatus.QUEUED: (
        gettext_noop("Waiting for a reviewer"),
        gettext_noop("The decision appears on this page."),
    ),
    ReviewStatus.IN_REVIEW: (
        gettext_noop("In review"),
        gettext_noop("A reviewer has opened it. The decision appears on this page when it is final."),
    ),
    ReviewStatus.NEEDS_DOCUMENT: (
        gettext_noop("A document is missing"),
        gettext_noop("The reviewer waits for it or for its content."),
    ),
    ReviewStatus.WITHDRAWN: (
        gettext_noop("Review withdrawn"),
        gettext_noop("No reviewer decides this pair."),
    ),
}
_DECISIONS: Mapping[str, tuple[str, str, str]] = {
    ReviewDecision.IMMATERIAL: (
        "✓",
        gettext_noop("Immaterial"),
        gettext_noop("The same name for this purpose."),
    ),
    ReviewDecision.MATERIAL: (
        "✕",
        gettext_noop("Material"),
        gettext_noop("Another name, or not good enough for this purpose."),
    ),
    ReviewDecision.CANNOT_TELL: (
        "?",
        gettext_noop("Cannot tell"),
        gettext_noop("The names alone do not settle it."),
    ),
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
    if status == ReviewStatus.DECIDED:
        return None
    title, sentence = _SENTENCES[status]
    return ReviewPanel(status, gettext(title), gettext(sentence))


def build_decision_panel(review: Mapping[str, Any]) -> DecisionPanel | None:
    """Return the texts of a decision; ``None`` while there is none."""
    decision = review["verdict"]
    if review["status"] != ReviewStatus.DECIDED:
        return None
    symbol, title, sentence = _DECISIONS[decision]
    badge = "review" if decision == ReviewDecision.CANNOT_TELL else decision
    text = review["reason"] or gettext(sentence)
    return DecisionPanel(badge, symbol, gettext(title), text, _describe_facts(review))


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
    return ngettext("one reviewer", "{number} reviewers", people).format(number=people)


def _describe_guideline(review: Mapping[str, Any]) -> str:
    """Return the version that was in force, and until when if another one is now."""
    version, replaced_at = review["guideline"], review["guideline_replaced_at"]
    if replaced_at is None:
        return gettext("guideline {version}").format(version=version)
    until = format_moment(datetime.fromisoformat(replaced_at))
    return gettext("guideline {version} (in force until {until})").format(version=version, until=until)


def _describe_facts(review: Mapping[str, Any]) -> str:
    """Return who decided, when, and by which clause of which guideline."""
    who = ", ".join(review["reviewers"] or []) or describe_people(review["people"])
    at = format_moment(datetime.fromisoformat(review["decided_at"]))
    is_precedent = review["decided_by"] == DecisionMaker.PRECEDENT
    first = gettext("Decided by {who}, {at}")
    if is_precedent:
        first = gettext("The same pair was decided before, by {who}, {at}")
    parts = [first.format(who=who, at=at)]
    if review["guideline"]:
        parts.append(_describe_guideline(review))
    if review["clause"]:
        parts.append(gettext("clause {clause}").format(clause=review["clause"]))
    return ", ".join(parts) + "."
