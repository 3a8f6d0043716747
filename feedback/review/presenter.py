"""Build the context of the review pages: evidence before the decision, the model's prediction after it.

Evidence is which differences exist, where, and on whose authority. Their effect under a profile, the verdict,
its confidence and the model's weights belong to the prediction; :func:`build_evidence` returns none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from accounts.audit import trail
from accounts.language.sentences import Text, lower
from accounts.models import User
from feedback.guideline import service
from feedback.models import (
    Decision,
    Draft,
    Feedback,
    ItemEvent,
    Precedent,
    ReviewItem,
    ReviewMessage,
    ReviewStage,
)
from feedback.models.feedback import REVIEWER_SOURCES
from feedback.review.decisions import needs_override_reason
from feedback.review.forms import CONFIDENCE_CHOICES
from matching.api.serializers import DISCLAIMER, serialize_prediction
from matching.compare.all_profiles import compare_other_profiles
from matching.compare.request import load_context
from matching.models import Prediction, ReviewStream
from matching.pages import diff, presenter

_JURISDICTION_LABELS = {
    "jurisdiction_left": gettext_lazy("Jurisdiction of name A"),
    "jurisdiction_right": gettext_lazy("Jurisdiction of name B"),
}
_SIDE_LABELS = {"left": gettext_lazy("Name A"), "right": gettext_lazy("Name B")}
_HIDDEN_EVENTS = (ItemEvent.Kind.UNDONE, ItemEvent.Kind.WITHDRAWN, ItemEvent.Kind.URGENCY)
"""Events that tell nothing about the pair: a decision, how urgent it is, or who asked for a review."""

_MAX_RECENT = 10


class DecisionChoice(NamedTuple):
    """One of the three decisions as a button or a radio button shows it."""

    decision: Decision
    symbol: str
    meaning: Text


class DecisionSummary(NamedTuple):
    """A stored decision with its symbol."""

    feedback: Feedback
    symbol: str

    @property
    def stage(self) -> str:
        """The stage of the review, for use inside a sentence."""
        return lower(self.feedback.get_stage_display())


class OwnItem(NamedTuple):
    """An item that a reviewer set aside, with the last event, which says why."""

    item: ReviewItem
    event: ItemEvent | None


class PriorDecision(NamedTuple):
    """A decision of one of the reviewers whom an adjudication hears, with its revision if there is one."""

    summary: DecisionSummary
    revision: DecisionSummary | None
    confidence: str


class PrecedentSummary(NamedTuple):
    """A precedent with the symbol of its decision."""

    precedent: Precedent
    symbol: str


DECISION_CHOICES = (
    DecisionChoice(Decision.IMMATERIAL, "✓", gettext_lazy("The same name under this profile")),
    DecisionChoice(Decision.MATERIAL, "✕", gettext_lazy("Another name, or not good enough")),
    DecisionChoice(Decision.CANNOT_TELL, "?", gettext_lazy("A named fact is missing")),
)
_SYMBOLS = {choice.decision: choice.symbol for choice in DECISION_CHOICES}


def build_evidence(item: ReviewItem, reviewer: User) -> dict[str, Any]:
    """Return what a reviewer may see before deciding; nothing in it depends on the model's prediction."""
    prediction = item.prediction
    document = serialize_prediction(prediction)
    differences = [_hide_effect(row) for row in document["differences"]]
    guideline, clauses = service.get_guideline_in_force()
    on_differences = service.select_clauses(clauses, prediction.categories, prediction.profile)
    return {
        **_build_blind_columns(prediction, differences),
        "differences": differences,
        "parts": presenter.build_part_rows(document["name1"], document["name2"]),
        "steps": document["steps"],
        "profile": presenter.get_profile_choice(prediction.profile),
        "kind": gettext("a person’s name")
        if prediction.kind == "individual"
        else gettext("an organisation’s name"),
        "request_context": _list_request_context(prediction),
        "guideline": guideline,
        "clauses": on_differences,
        "other_clauses": [row for row in clauses if row not in on_differences],
        "all_clauses": clauses,
        "precedents": [_summarise_precedent(row) for row in service.find_precedents(prediction, reviewer)],
        "history": service.list_pair_history(prediction, reviewer),
        "prior_decisions": _list_prior_decisions(item),
        "documents": list(prediction.review_documents.all()),
        "conversation": _list_conversation(item),
        "events": list(item.events.exclude(kind__in=_HIDDEN_EVENTS).select_related("actor")),
        "disclaimer": gettext(DISCLAIMER),
    }


def build_model_answer(decision: Feedback) -> dict[str, Any]:
    """Return the model's prediction beside the decision that was made before it was shown."""
    prediction = decision.prediction
    document = serialize_prediction(prediction)
    verdict = presenter.get_verdict_badge(prediction.verdict)
    return {
        **_describe_columns(
            prediction,
            diff.build_columns(prediction.name1, prediction.name2, document["differences"]),
            diff.ANSWER_MARKS,
        ),
        "feedback": decision,
        "symbol": _SYMBOLS[decision.decision],
        "revision": _find_revision(decision),
        "verdict": verdict,
        "reason": presenter.write_reason(verdict, document["reason"]),
        "missing_fact": document["missing_fact"],
        "certainty": presenter.describe_certainty(document),
        "decided": presenter.describe_decider(document["decided_by"], verdict.id),
        "rows": presenter.build_difference_rows(document["differences"]),
        "bars": presenter.build_bars(document["contributions"]),
        "other_profiles": [
            (presenter.get_verdict_badge(line.verdict), line) for line in compare_other_profiles(prediction)
        ],
        "profile": presenter.get_profile_choice(prediction.profile),
        "model": document["model"],
        "rules_version": document["rules_version"],
        "requests": list(prediction.review_requests.order_by("id")),
        "documents": list(prediction.review_documents.all()),
        "conversation": list(prediction.review_messages.all()),
        "gold": getattr(prediction, "gold", None) if decision.stream == "gold" else None,
        "reason_missing": needs_override_reason(decision),
        "disclaimer": gettext(DISCLAIMER),
    }


def list_own_items(reviewer: User, **conditions: Any) -> list[OwnItem]:
    """Return the undecided items assigned to a reviewer that meet some conditions, two queries for all."""
    rows = ReviewItem.objects.open().filter(assigned_to=reviewer, **conditions).select_related("prediction")
    events = [(item, list(item.events.all())) for item in rows.prefetch_related("events")]
    return [OwnItem(item, found[-1] if found else None) for item, found in events]


def list_recent_decisions(reviewer: User) -> list[DecisionSummary]:
    """Return the reviewer's latest decisions, the newest first."""
    rows = Feedback.objects.initial_decisions().by_user(reviewer).select_related("prediction")
    return [_summarise_decision(row) for row in rows.order_by("-id")[:_MAX_RECENT]]


def find_undoable_decision(reviewer: User, now: datetime) -> Feedback | None:
    """Return the reviewer's latest decision if it can still be undone."""
    last = Feedback.objects.initial_decisions().by_user(reviewer).order_by("-id").first()
    return last if last and last.item_id and last.can_be_undone(now) else None


def find_unexplained_override(reviewer: User) -> Feedback | None:
    """Return the reviewer's latest decision if it overrides the model without a reason."""
    rows = Feedback.objects.initial_decisions().by_user(reviewer).select_related("prediction")
    last = rows.order_by("-id").first()
    return last if last and needs_override_reason(last) else None


def find_draft(item: ReviewItem, reviewer: User) -> Draft | None:
    """Return what the reviewer typed for the item but did not submit."""
    return Draft.objects.filter(item=item, reviewer=reviewer).first()


@transaction.atomic
def record_names_revealed(item: ReviewItem, reviewer: User, precedents: Sequence[PrecedentSummary]) -> None:
    """Record that the names of the item and of these precedents were shown."""
    keys = [str(row.precedent.prediction_id) for row in precedents]
    trail.record_event("prediction.names_revealed", item.prediction, reviewer, precedents=keys)


def _build_blind_columns(prediction: Prediction, differences: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the two names side by side, with marks that tell nothing about a rule."""
    columns = diff.build_blind_columns(prediction.name1, prediction.name2, differences)
    return _describe_columns(prediction, columns, diff.BLIND_MARKS)


def _describe_columns(
    prediction: Prediction, columns: Sequence[diff.DiffColumn], marks: Sequence[diff.DiffMark]
) -> dict[str, Any]:
    """Return what the template of two names side by side shows."""
    return {
        "prediction": prediction,
        "columns": columns,
        "marks": marks,
        "deceiving": presenter.find_deceptive_characters(columns),
        "directions": (
            presenter.get_text_direction(prediction.name1),
            presenter.get_text_direction(prediction.name2),
        ),
    }


def _hide_effect(difference: Mapping[str, Any]) -> dict[str, Any]:
    """Return a difference without its effect under the profile."""
    shown = {key: difference[key] for key in ("category", "title", "text1", "text2", "span1", "span2")}
    return {**shown, "authority": difference["authority"], "why": difference["explanation"]}


def _list_request_context(prediction: Prediction) -> list[tuple[Text, Text]]:
    """Return label and value of each fact that the client sent with the two names."""
    context = load_context(prediction)
    lines: list[tuple[Text, Text]] = [
        (label, str(getattr(context, name) or "")) for name, label in _JURISDICTION_LABELS.items()
    ]
    lines.append((gettext("The registered name is"), _SIDE_LABELS.get(context.register or "", "")))
    sides = ((gettext("name A"), context.identifiers_left), (gettext("name B"), context.identifiers_right))
    for side, identifiers in sides:
        lines += [
            (f"{key.replace('_', ' ').capitalize()} ({side})", value) for key, value in identifiers.items()
        ]
    return [(label, value) for label, value in lines if value]


def _summarise_decision(row: Feedback) -> DecisionSummary:
    return DecisionSummary(row, _SYMBOLS[row.decision])


def _summarise_precedent(row: Precedent) -> PrecedentSummary:
    return PrecedentSummary(row, _SYMBOLS[row.decision])


def _list_conversation(item: ReviewItem) -> list[ReviewMessage]:
    """Return the messages to read before deciding; of a gold item only the reviewer's own."""
    rows = item.prediction.review_messages.filter(is_held=False)
    return list(rows.filter(item=item) if item.stream == ReviewStream.GOLD else rows)


def _list_prior_decisions(item: ReviewItem) -> list[PriorDecision]:
    """Return the decisions of both reviewers for an adjudication, nothing for any other stage."""
    if item.stage != ReviewStage.ADJUDICATION:
        return []
    rows = Feedback.objects.not_withdrawn().filter(prediction=item.prediction, adjudicated=False)
    decisions = list(
        rows.filter(source__in=REVIEWER_SOURCES).select_related("clause__guideline").order_by("id")
    )
    revisions = {row.revises_id: row for row in decisions if row.revises_id}
    return [_describe_prior(row, revisions.get(row.pk)) for row in decisions if row.revises_id is None]


def _describe_prior(row: Feedback, revision: Feedback | None) -> PriorDecision:
    score = row.confidence_score
    confidence = "" if score is None else str(CONFIDENCE_CHOICES.get(float(score), ""))
    revised = _summarise_decision(revision) if revision else None
    return PriorDecision(_summarise_decision(row), revised, confidence)


def _find_revision(decision: Feedback) -> DecisionSummary | None:
    row = Feedback.objects.not_withdrawn().filter(revises=decision).first()
    return _summarise_decision(row) if row else None
