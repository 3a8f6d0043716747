"""Memos of decisions, as data, as PDF, and as a ZIP of many.

A memo is issued only of a settled pair, so that it cannot reveal a decision to a later, blind reviewer. It
carries a SHA-256 of its content; the audit trail keeps the same, so a memo can be checked long after.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from feedback.memo.pdf import render_pdf
from feedback.models import Feedback, FeedbackSource, ReviewItem
from matching.api.serializers import DISCLAIMER, serialize_prediction
from matching.engine import load_categories
from matching.jobs.formats.rows import escape_formula
from matching.models import Prediction
from matching.pages import diff, presenter

MAX_MEMOS = 100
"""Memos in one binder."""

REDACTED_TEXT = "[redacted]"


class ReviewPendingError(Exception):
    """The pair has an open review item, so no memo is issued."""


class Memo(NamedTuple):
    """The content with its hash, and the time of issue."""

    content: dict[str, Any]
    issued_at: datetime

    @property
    def file_stem(self) -> str:
        """Name of the file, without ending; holds no name of a party."""
        return f"memo-{self.issued_at:%Y%m%d}-{self.content['id'][-12:]}"

    def to_json(self) -> str:
        """The memo as JSON."""
        return json.dumps(self.content, ensure_ascii=False, indent=2)

    def to_pdf(self) -> bytes:
        """The memo as PDF."""
        return render_pdf(self.content, self.issued_at)


@transaction.atomic
def issue_memo(prediction: Prediction, actor: User, redacted: bool) -> Memo:
    """Return the memo of a settled pair and record that it was issued, with its hash.

    Raises :class:`ReviewPendingError` while an item of the pair is open. The memo is redacted in any case for
    erased names and for an actor without the permission to see names.
    """
    if ReviewItem.objects.open().filter(prediction=prediction).exclude(stream="gold").exists():
        raise ReviewPendingError("This pair still waits for a decision; a memo is issued when it is settled.")
    redacted = redacted or not actor.has_perm("matching.reveal_names") or prediction.erased_at is not None
    at = timezone.now().replace(microsecond=0)
    content = _build_content(prediction, actor, redacted, at)
    content["hash"] = compute_digest(content)
    trail.record_event("memo.issued", prediction, actor, redacted=redacted, sha256=content["hash"])
    return Memo(content, at)


def compute_digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a memo's content without its hash, as written with sorted keys."""
    body = {key: value for key, value in content.items() if key != "hash"}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def build_binder(predictions: Sequence[Prediction], actor: User, redacted: bool) -> bytes:
    """Return a ZIP of memos as PDF and JSON with a table of contents; unsettled pairs are listed as such."""
    packed = io.BytesIO()
    lines: list[list[str]] = [["memo", "prediction", "profile", "answer", "sha256"]]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for prediction in predictions[:MAX_MEMOS]:
            try:
                memo = issue_memo(prediction, actor, redacted)
            except ReviewPendingError:
                lines.append(["", str(prediction.pk), prediction.profile, "not settled yet", ""])
                continue
            archive.writestr(f"{memo.file_stem}.pdf", memo.to_pdf())
            archive.writestr(f"{memo.file_stem}.json", memo.to_json())
            final = memo.content["final"]
            lines.append(
                [memo.file_stem, str(prediction.pk), prediction.profile, final, memo.content["hash"]]
            )
        archive.writestr("contents.csv", _write_csv(lines))
    return packed.getvalue()


def _write_csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[escape_formula(cell) for cell in line] for line in lines])
    return text.getvalue()


def _build_content(prediction: Prediction, actor: User, redacted: bool, at: datetime) -> dict[str, Any]:
    given = serialize_prediction(prediction)
    decisions = list(_list_decisions(prediction))
    profile = presenter.get_profile_choice(prediction.profile)
    return {
        "title": "Memo on two legal names",
        "id": str(prediction.pk),
        "issuer": actor.get_full_name(),
        "issued_at": f"{at:%Y-%m-%d %H:%M} UTC",
        "redacted": redacted,
        "names": [REDACTED_TEXT, REDACTED_TEXT] if redacted else [prediction.name1, prediction.name2],
        "facts": [
            ["Read as", "a person’s name" if prediction.kind == "individual" else "an organisation’s name"],
            ["Profile", f"{profile['title']} ({profile['id']} {profile['version']}, {profile['date']})"],
            ["Compared", f"{prediction.created_at:%Y-%m-%d %H:%M} UTC"],
        ],
        "deceiving": [] if redacted else _list_deceiving_characters(prediction, given),
        "decisions": [
            _build_decision_entry(decision, place, redacted) for place, decision in enumerate(decisions, 1)
        ],
        "final": _get_final_answer(decisions),
        "answer": _build_answer_facts(given, redacted),
        "differences": [_build_difference_entry(row, redacted) for row in given["differences"]],
        "disclaimer": DISCLAIMER,
    }


def _list_decisions(prediction: Prediction) -> Sequence[Feedback]:
    said = Feedback.objects.not_withdrawn().filter(prediction=prediction).exclude(source=FeedbackSource.API)
    return list(said.select_related("reviewer", "clause").order_by("id"))


def _get_final_answer(decisions: Sequence[Feedback]) -> str:
    """The answer that counts: the adjudicator's, else the last one."""
    if not decisions:
        return "not reviewed"
    return max(decisions, key=lambda decision: (decision.adjudicated, decision.pk)).decision.label.lower()


def _build_decision_entry(decision: Feedback, place: int, redacted: bool) -> dict[str, str]:
    stage = (
        "Revision" if decision.revises_id else decision.get_stage_display() or decision.get_source_display()
    )
    cited = f" Clause {decision.clause}." if decision.clause else ""
    reason = (REDACTED_TEXT if decision.feedback_text else "") if redacted else decision.feedback_text
    who = f"Reviewer {place}" if redacted else decision.reviewer.get_full_name()
    under = f", guideline {decision.guideline_version}" if decision.guideline_version else ""
    return {
        "stage": str(stage),
        "answer": str(decision.decision.label),
        "reason": f"{reason}{cited}".strip(),
        "who": f"{who}, {decision.created_at:%Y-%m-%d %H:%M} UTC{under}",
    }


def _build_answer_facts(given: dict[str, Any], redacted: bool) -> list[list[str]]:
    judged = presenter.get_verdict_badge(given["verdict"])
    model = given["model"]
    return [
        ["Verdict", f"{judged.title}, {presenter.format_percent(given['confidence'])} confidence"],
        ["Reason", REDACTED_TEXT if redacted else given["reason"]],
        ["Would settle it", given["missing_fact"] or "nothing is missing"],
        ["Model and rules", f"{model['name']} {model['version']}, rules {given['rules_version']}"],
    ]


def _build_difference_entry(row: dict[str, Any], redacted: bool) -> dict[str, str]:
    known = load_categories().get(row["category"])
    plain = known.explanation if known else ""
    return {
        "category": row["category"],
        "title": f"{row['title']}. {plain if redacted else row['explanation']}",
        "first": REDACTED_TEXT if redacted and row["text1"] else row["text1"] or "none",
        "second": REDACTED_TEXT if redacted and row["text2"] else row["text2"] or "none",
        "effect": presenter.EFFECT_TEXTS[row["effect"]][1],
        "rule": f"{row['rule']}; {row['authority']}",
    }


def _list_deceiving_characters(prediction: Prediction, given: dict[str, Any]) -> list[str]:
    columns = diff.build_columns(prediction.name1, prediction.name2, given["differences"])
    return [
        f"name {'AB'[number - 1]}: {code}" for number, code in presenter.find_deceptive_characters(columns)
    ]
