"""Memos of decisions as data, as PDF, and several as a ZIP file.

A memo is issued only when no review item of the pair is open, so that it cannot reveal a decision to a later,
blind reviewer. It contains the SHA-256 of its content. The audit trail stores the same digest, so a memo can
be verified later.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.dates import format_moment
from accounts.models import User
from feedback.memo.parts import (
    REDACTED_TEXT,
    build_answer_facts,
    build_difference_entry,
    list_deceiving_characters,
)
from feedback.memo.pdf import render_pdf
from feedback.memo.words import list_words
from feedback.models import Feedback, FeedbackSource, ReviewItem
from matching.api.review_serializers import serialize_named_review
from matching.api.serializers import DISCLAIMER, serialize_prediction
from matching.jobs.formats.rows import escape_formula
from matching.models import DecisionMaker, Prediction, ReviewDecision, ReviewStatus
from matching.pages import presenter
from matching.pages.reviews import describe_people

MAX_MEMOS = 100
"""Maximum number of memos in one ZIP file."""

_PRODUCT_NAME = "Legal Name Comparison"
"""Who issues a memo to a requester."""

log = structlog.get_logger(__name__)


class ReviewPendingError(Exception):
    """The pair has an open review item, so no memo is issued."""


class Memo(NamedTuple):
    """The content of a memo with its digest, and the time of issue."""

    content: dict[str, Any]
    issued_at: datetime

    @property
    def file_stem(self) -> str:
        """Name of the file without extension; contains no name of a party."""
        return f"memo-{self.issued_at:%Y%m%d}-{self.content['id'][-12:]}"

    def to_json(self) -> bytes:
        """The memo as JSON."""
        text = json.dumps(self.content, ensure_ascii=False, indent=2)
        return text.encode("utf-8", "backslashreplace")  # a surrogate becomes the JSON escape of itself

    def to_pdf(self) -> bytes:
        """The memo as PDF. Raises ``MemoRenderError``."""
        return render_pdf({**self.content, "words": list_words(self.content)}, self.issued_at)


class IssuedMemo(NamedTuple):
    """A memo that was issued, and its files by ending (``pdf``, ``json``)."""

    memo: Memo
    files: dict[str, bytes]


_RENDERERS = {"pdf": Memo.to_pdf, "json": Memo.to_json}


@transaction.atomic
def issue_memo(
    prediction: Prediction, actor: User, redacted: bool, endings: Collection[str] = ("pdf", "json")
) -> IssuedMemo:
    """Return the memo of a settled pair with its files and record that it was issued, with its hash.

    Raises :class:`ReviewPendingError` while an item of the pair is open, and ``MemoRenderError``; nothing is
    recorded then. The memo is redacted in any case for erased names and for an actor without the
    permission to see names.
    """
    if ReviewItem.objects.open().filter(prediction=prediction).exclude(stream="gold").exists():
        raise ReviewPendingError(
            gettext("This pair still waits for a decision; a memo is issued when it is settled.")
        )
    redacted = redacted or not actor.has_perm("matching.reveal_names") or prediction.erased_at is not None
    at = timezone.now().replace(microsecond=0)
    decisions = _list_decisions(prediction)
    entries = [_build_decision_entry(row, place, redacted) for place, row in enumerate(decisions, 1)]
    head = {"issuer": actor.get_full_name(), "decisions": entries, "final": _get_final_answer(decisions)}
    content = _build_content(prediction, redacted, at) | head
    return _finish_memo(prediction, actor, content, at, endings)


@transaction.atomic
def issue_client_memo(
    prediction: Prediction, actor: User, endings: Collection[str] = ("pdf", "json")
) -> IssuedMemo:
    """Return the memo of a decided prediction for its requester, and record that it was issued.

    It holds the settled decision with what the reviewers wrote for the requester, and neither their internal
    reasons nor their names; ``with_review`` must have joined the review. Raises :class:`ReviewPendingError`
    until the decision is final, and ``MemoRenderError``.
    """
    review = serialize_named_review(prediction)
    if review["status"] != ReviewStatus.DECIDED:
        raise ReviewPendingError(
            gettext("No reviewer has decided this pair yet; a memo is issued when one has.")
        )
    at = timezone.now().replace(microsecond=0)
    redacted = prediction.erased_at is not None
    entry = _build_client_entry(review, redacted)
    head = {"issuer": _PRODUCT_NAME, "decisions": [entry], "final": review["verdict"].replace("_", " ")}
    content = _build_content(prediction, redacted, at) | head
    return _finish_memo(prediction, actor, content, at, endings)


def _finish_memo(
    prediction: Prediction, actor: User, content: dict[str, Any], at: datetime, endings: Collection[str]
) -> IssuedMemo:
    """Add the digest, render the files, and record the issue."""
    content["hash"] = compute_digest(content)
    memo = Memo(content, at)
    files = {ending: _RENDERERS[ending](memo) for ending in endings}
    trail.record_event("memo.issued", prediction, actor, redacted=content["redacted"], sha256=content["hash"])
    return IssuedMemo(memo, files)


def compute_digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a memo's content without its digest, as compact JSON with sorted keys."""
    body = {key: value for key, value in content.items() if key != "hash"}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def build_binder(predictions: Sequence[Prediction], actor: User, redacted: bool) -> bytes:
    """Return a ZIP of memos as PDF and JSON with a table of contents.

    Pairs that are not settled, and memos that cannot be made, are listed as such.
    """
    archive_bytes = io.BytesIO()
    lines: list[list[str]] = [["memo", "prediction", "profile", "answer", "sha256"]]
    with zipfile.ZipFile(archive_bytes, "w", zipfile.ZIP_DEFLATED) as archive:
        for prediction in predictions[:MAX_MEMOS]:
            entry = _add_memo(archive, prediction, actor, redacted)
            lines.append(
                [entry.file_stem, str(prediction.pk), prediction.profile, entry.answer, entry.sha256]
            )
        archive.writestr("contents.csv", _write_csv(lines))
    return archive_bytes.getvalue()


class _BinderEntry(NamedTuple):
    """One line of the table of contents."""

    file_stem: str
    answer: str
    sha256: str


def _add_memo(archive: zipfile.ZipFile, prediction: Prediction, actor: User, redacted: bool) -> _BinderEntry:
    """Issue a memo into the archive; return its line of the contents, which says so when there is none."""
    try:
        memo, files = issue_memo(prediction, actor, redacted)
    except ReviewPendingError:
        return _BinderEntry("", "not settled yet", "")
    except Exception as error:
        # One pair whose memo cannot be made takes no other memo with it. The text may hold a name.
        log.error("memo_not_made", prediction=str(prediction.pk), error=type(error).__name__)
        return _BinderEntry("", "failed: the memo could not be made", "")
    for ending, body in files.items():
        archive.writestr(f"{memo.file_stem}.{ending}", body)
    return _BinderEntry(memo.file_stem, memo.content["final"], memo.content["hash"])


def _write_csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[escape_formula(cell) for cell in line] for line in lines])
    return text.getvalue()


def _build_content(prediction: Prediction, redacted: bool, at: datetime) -> dict[str, Any]:
    """Return what every memo of a prediction holds: all but the issuer and the decisions."""
    document = serialize_prediction(prediction)
    profile = presenter.get_profile_choice(prediction.profile)
    return {
        "title": gettext("Memo on two legal names"),
        "id": str(prediction.pk),
        "issued_at": format_moment(at),
        "redacted": redacted,
        "names": [REDACTED_TEXT, REDACTED_TEXT] if redacted else [prediction.name1, prediction.name2],
        "facts": [
            *([[gettext("Matter"), document["matter"]]] if document["matter"] else []),
            [gettext("Read as"), _describe_kind(prediction)],
            [
                gettext("Profile"),
                f"{profile['title']} ({profile['id']} {profile['version']}, {profile['date']})",
            ],
            [gettext("Compared"), format_moment(prediction.created_at)],
        ],
        "deceiving": [] if redacted else list_deceiving_characters(prediction, document),
        "answer": build_answer_facts(document, redacted),
        "differences": [build_difference_entry(row, redacted) for row in document["differences"]],
        "disclaimer": gettext(DISCLAIMER),
    }


def _describe_kind(prediction: Prediction) -> str:
    if prediction.kind == "individual":
        return gettext("a person’s name")
    return gettext("an organisation’s name")


def _list_decisions(prediction: Prediction) -> Sequence[Feedback]:
    decisions = (
        Feedback.objects.not_withdrawn().filter(prediction=prediction).exclude(source=FeedbackSource.API)
    )
    return list(decisions.select_related("reviewer", "clause__guideline").order_by("id"))


def _get_final_answer(decisions: Sequence[Feedback]) -> str:
    """Return the adjudicated answer, or the latest one without an adjudication."""
    if not decisions:
        return "not reviewed"
    last = max(decisions, key=lambda decision: (decision.adjudicated, decision.pk))
    return last.decision.value.replace("_", " ")


def _build_decision_entry(decision: Feedback, place: int, redacted: bool) -> dict[str, str]:
    stage = (
        "Revision" if decision.revises_id else decision.get_stage_display() or decision.get_source_display()
    )
    clause = decision.clause
    cited = f" Clause {clause}." if clause else ""
    reason = (REDACTED_TEXT if decision.feedback_text else "") if redacted else decision.feedback_text
    who = f"Reviewer {place}" if redacted else decision.reviewer.get_full_name()
    under = f", guideline {decision.guideline_version}" if decision.guideline_version else ""
    return {
        "stage": str(stage),
        "answer": str(decision.decision.label),
        "reason": f"{reason}{cited}".strip(),
        "clause_link": f"{settings.PUBLIC_URL}{clause.get_absolute_url()}" if clause else "",
        "who": f"{who}, {format_moment(decision.created_at)}{under}",
    }


def _build_client_entry(review: Mapping[str, Any], redacted: bool) -> dict[str, str]:
    """Return the settled decision as its requester may read it."""
    cited = gettext("Clause {clause}.").format(clause=review["clause"]) if review["clause"] else ""
    reason = REDACTED_TEXT if redacted and review["reason"] else review["reason"] or ""
    who = ", ".join(review["reviewers"] or []) or describe_people(review["people"])
    under = (
        gettext(", guideline {version}").format(version=review["guideline"]) if review["guideline"] else ""
    )
    at = datetime.fromisoformat(review["decided_at"])
    return {
        "stage": gettext("Decision")
        if review["decided_by"] == DecisionMaker.REVIEWERS
        else gettext("Precedent"),
        "answer": str(ReviewDecision(review["verdict"]).label),
        "reason": f"{reason} {cited}".strip(),
        "clause_link": "",
        "who": f"{who}, {format_moment(at)}{under}",
    }
