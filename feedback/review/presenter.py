"""What the review desk shows: before the decision evidence only, after it the model's answer.

The engine's differences are evidence: which there are, where, on whose authority. What they do under a
profile, the verdict, its confidence and what the model weighed are the answer, and stay out of everything
that :func:`evidence` returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from accounts.audit import trail
from accounts.models import User
from feedback.guideline import service
from feedback.models import Decision, Draft, Feedback, ItemEvent, Precedent, ReviewItem, ReviewStage
from feedback.review import decisions
from matching.api.serializers import DISCLAIMER, serialize_prediction
from matching.compare.all_profiles import compare_other_profiles
from matching.compare.request import load_context
from matching.models import Prediction
from matching.pages import diff, presenter

_JURISDICTION_LABELS = {
    "jurisdiction_left": "Jurisdiction of the first name",
    "jurisdiction_right": "Jurisdiction of the second name",
}
_SIDE_LABELS = {"left": "The first name", "right": "The second name"}
_MAX_RECENT = 10


class DecisionChoice(NamedTuple):
    """One of the three decisions as a button or a radio button shows it."""

    decision: Decision
    symbol: str
    meaning: str


class DecisionSummary(NamedTuple):
    """A stored decision with its symbol."""

    feedback: Feedback
    symbol: str


class PrecedentSummary(NamedTuple):
    """A precedent with the symbol of its decision."""

    precedent: Precedent
    symbol: str


DECISION_CHOICES = (
    DecisionChoice(Decision.IMMATERIAL, "✓", "The same name under this profile"),
    DecisionChoice(Decision.MATERIAL, "✕", "Another name, or not good enough"),
    DecisionChoice(Decision.CANNOT_TELL, "?", "A named fact is missing"),
)
_SYMBOLS = {choice.decision: choice.symbol for choice in DECISION_CHOICES}


def build_evidence(item: ReviewItem) -> dict[str, Any]:
    """Return what a reviewer may see before deciding; nothing of it depends on what the model answered."""
    prediction = item.prediction
    given = serialize_prediction(prediction)
    differences = [_hide_effect(row) for row in given["differences"]]
    row, clauses = service.get_guideline_in_force()
    return {
        **_build_name_columns(prediction, differences),
        "differences": differences,
        "parts": presenter.build_part_rows(given["name1"], given["name2"]),
        "steps": given["steps"],
        "profile": presenter.get_profile_choice(prediction.profile),
        "kind": "a person’s name" if prediction.kind == "individual" else "an organisation’s name",
        "sent": _list_request_context(prediction),
        "guideline": row,
        "clauses": service.select_clauses(clauses, prediction.categories, prediction.profile),
        "all_clauses": clauses,
        "precedents": [_summarise_precedent(one) for one in service.find_precedents(prediction)],
        "history": service.list_pair_history(prediction),
        "heard": _list_prior_decisions(item),
        "events": list(item.events.exclude(kind=ItemEvent.Kind.UNDONE).select_related("actor")),
        "disclaimer": DISCLAIMER,
    }


def build_model_answer(word: Feedback) -> dict[str, Any]:
    """Return the model's answer beside the word that was given before it was shown."""
    prediction = word.prediction
    given = serialize_prediction(prediction)
    judged = presenter.get_verdict_badge(prediction.verdict)
    said = summarise_decision(word)
    return {
        **_build_name_columns(prediction, given["differences"]),
        "word": word,
        "said": said,
        "revised": _find_revision(word),
        "verdict": judged,
        "reason": presenter.write_reason(judged, given["reason"]),
        "missing_fact": given["missing_fact"],
        "confidence": presenter.format_percent(given["confidence"]),
        "leaning": presenter.describe_leaning(judged.id, given["prediction"], given["confidence"]),
        "decided": presenter.describe_decider(given["decided_by"], judged.id),
        "rows": presenter.build_difference_rows(given["differences"]),
        "bars": presenter.build_bars(given["contributions"]),
        "outlook": [
            (presenter.get_verdict_badge(line.verdict), line) for line in compare_other_profiles(prediction)
        ],
        "profile": presenter.get_profile_choice(prediction.profile),
        "model": given["model"],
        "rules_version": given["rules_version"],
        "gold": getattr(prediction, "gold", None) if word.stream == "gold" else None,
        "reason_missing": decisions.needs_override_reason(word),
        "disclaimer": DISCLAIMER,
    }


def summarise_decision(word: Feedback) -> DecisionSummary:
    """Return a stored decision with its symbol."""
    return DecisionSummary(word, _SYMBOLS[word.decision])


def list_recent_decisions(reviewer: User) -> list[DecisionSummary]:
    """Return a reviewer's last decisions that stand, the newest first."""
    words = Feedback.objects.initial_decisions().filter(reviewer=reviewer).select_related("prediction")
    return [summarise_decision(word) for word in words.order_by("-id")[:_MAX_RECENT]]


def find_undoable_decision(reviewer: User, now: datetime) -> Feedback | None:
    """Return the decision that the undo key takes back: the last one, while it is young."""
    last = Feedback.objects.initial_decisions().filter(reviewer=reviewer).order_by("-id").first()
    return last if last and last.item_id and last.can_be_undone(now) else None


def find_draft(item: ReviewItem, reviewer: User) -> Draft | None:
    """Return what the reviewer typed before."""
    return Draft.objects.filter(item=item, reviewer=reviewer).first()


@transaction.atomic
def record_names_revealed(item: ReviewItem, reviewer: User, shown: Sequence[PrecedentSummary]) -> None:
    """Record that the names were shown, those of the precedents too."""
    precedents = [str(one.precedent.prediction_id) for one in shown]
    trail.record_event("prediction.names_revealed", item.prediction, reviewer, precedents=precedents)


def _build_name_columns(prediction: Prediction, differences: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the two names side by side, with the marks that these differences make."""
    columns = diff.build_columns(prediction.name1, prediction.name2, differences)
    return {
        "prediction": prediction,
        "columns": columns,
        "marks": [mark for mark in diff.DiffMark if mark.sign],
        "deceiving": presenter.find_deceptive_characters(columns),
        "directions": (
            presenter.get_text_direction(prediction.name1),
            presenter.get_text_direction(prediction.name2),
        ),
    }


def _hide_effect(difference: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the profile makes of a difference; a change in writing is equal under any reading."""
    effect = "equal" if difference["category"] in diff.ORTHOGRAPHY_CATEGORIES else "review"
    kept = {key: difference[key] for key in ("category", "title", "text1", "text2", "span1", "span2")}
    return {**kept, "effect": effect, "authority": difference["authority"], "why": difference["explanation"]}


def _list_request_context(prediction: Prediction) -> list[tuple[str, str]]:
    """Return what the client said about the two names."""
    context = load_context(prediction)
    lines = [(label, str(getattr(context, name) or "")) for name, label in _JURISDICTION_LABELS.items()]
    lines.append(("The registered name is", _SIDE_LABELS.get(context.register or "", "")))
    for side, found in (("first", context.identifiers_left), ("second", context.identifiers_right)):
        lines += [
            (f"{key.replace('_', ' ').capitalize()} ({side} name)", value) for key, value in found.items()
        ]
    return [(label, value) for label, value in lines if value]


def _summarise_precedent(precedent: Precedent) -> PrecedentSummary:
    return PrecedentSummary(precedent, _SYMBOLS[precedent.decision])


def _list_prior_decisions(item: ReviewItem) -> list[DecisionSummary]:
    """Return what the two reviewers said, for the third person only."""
    if item.stage != ReviewStage.ADJUDICATION:
        return []
    words = Feedback.objects.initial_decisions().filter(prediction=item.prediction, adjudicated=False)
    return [summarise_decision(word) for word in words.order_by("id")]


def _find_revision(word: Feedback) -> DecisionSummary | None:
    row = Feedback.objects.not_withdrawn().filter(revises=word).first()
    return summarise_decision(row) if row else None
