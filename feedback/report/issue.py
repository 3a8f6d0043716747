"""Issue the report of a prediction, decided or not: as PDF, or as JSON signed for a check offline."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.audit.checkpoints import get_origin
from accounts.audit.keys import sign_report
from accounts.audit.proof_verifier import compute_content_digest
from accounts.models import User
from feedback.models import IssuedReport
from feedback.report import codes
from feedback.report.content import build_content
from feedback.report.letterhead import DEFAULT_TEXT, get_letterhead
from feedback.report.printing import print_report
from matching.api.review_serializers import serialize_review
from matching.models import Prediction

MAX_REFERENCE_LENGTH = 100
REPORT_TYPES = {"pdf": "application/pdf", "json": "application/json; charset=utf-8"}


class ReportOptions(NamedTuple):
    """How a report is written: ``own_reference`` is printed and not stored."""

    ending: str = "pdf"
    own_reference: str = ""
    redacted: bool = False


class Report(NamedTuple):
    """A report that was issued: its content, its file and the name of the file, which names nobody."""

    content: dict[str, Any]
    body: bytes
    file_name: str


@transaction.atomic
def issue_report(prediction: Prediction, actor: User, options: ReportOptions) -> Report:
    """Return the report of a prediction, and record that it was issued, with its digest.

    ``with_model`` and ``with_review`` must have joined the prediction. Names are left out on demand, after an
    erasure, and for an actor who neither owns them nor may reveal them. Raises ``MemoRenderError``; nothing
    is recorded then.
    """
    at = timezone.now().replace(microsecond=0)
    letterhead, code = get_letterhead(), codes.create_code()
    may_read = prediction.user_id == actor.pk or actor.has_perm("matching.reveal_names")
    redacted = options.redacted or not may_read
    issuer = letterhead.text or DEFAULT_TEXT
    content = build_content(prediction, issuer, options.own_reference, redacted, code, at)
    digest = compute_content_digest(content)
    if options.ending == "pdf":
        body = print_report(content, digest, letterhead, at)
    else:
        body = _write_json({"content": content, "signature": sign_report(get_origin(), digest)})
    row = _store_report(prediction, actor, content, digest, at)
    detail = {"redacted": content["redacted"], "sha256": digest, "format": options.ending}
    trail.record_event("report.issued", prediction, actor, report=str(row.pk), **detail)
    return Report(content, body, f"report-{content['reference']}.{options.ending}")


def _store_report(
    prediction: Prediction, actor: User, content: dict[str, Any], digest: str, at: datetime
) -> IssuedReport:
    review, code = serialize_review(prediction), content["verification"]["code"]
    names = (prediction.name1, prediction.name2)
    return IssuedReport.objects.create(
        code_digest=codes.compute_code_digest(code),
        prediction=prediction,
        issued_by=actor,
        issued_at=at,
        verdict=prediction.verdict,
        review_status=review["status"],
        decision=review["verdict"] or "",
        decided_at=datetime.fromisoformat(review["decided_at"]) if review["decided_at"] else None,
        names_digest="" if content["redacted"] else codes.compute_names_digest(code, *names),
        sha256=digest,
    )


def _write_json(report: dict[str, Any]) -> bytes:
    text = json.dumps(report, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace")  # a surrogate becomes the JSON escape of itself
