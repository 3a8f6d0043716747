"""What a third party with the code of a report learns: whether it is genuine, and whether it still holds."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import NamedTuple

from feedback.models import IssuedReport
from feedback.report import codes
from matching.api.review_serializers import serialize_review
from matching.models import ReviewDecision, VerdictChoice


class Verification(NamedTuple):
    """A genuine report: what it said, and what is said today.

    ``decision_now`` differs from ``decision`` when people decided, decided otherwise or withdrew since; empty
    means no decision. ``names_match`` is ``None`` when no names were typed or the report can confirm none.
    """

    issued_at: datetime
    verdict: str
    decision: str
    decision_now: str
    decided_now_at: datetime | None
    names_match: bool | None
    has_names: bool
    sha256: str

    @property
    def has_changed(self) -> bool:
        """Whether the decision of people is another one today."""
        return self.decision != self.decision_now

    @property
    def verdict_label(self) -> str:
        """The automatic opinion in words."""
        return str(VerdictChoice(self.verdict).label)

    @property
    def decision_label(self) -> str:
        """The decision in the report in words; empty without one."""
        return str(ReviewDecision(self.decision).label) if self.decision else ""

    @property
    def decision_now_label(self) -> str:
        """The decision of today in words; empty without one."""
        return str(ReviewDecision(self.decision_now).label) if self.decision_now else ""


def verify_code(text: str, name1: str = "", name2: str = "") -> Verification | None:
    """Return what is known of the report with a code; ``None`` for every other text, without saying why.

    Names are compared in either order by their keyed digest; they are neither stored nor shown.
    """
    code = codes.read_code(text)
    rows = IssuedReport.objects.select_related("prediction", "prediction__requester_review")
    row = rows.filter(code_digest=codes.compute_code_digest(code)).first() if code else None
    if row is None:
        return None
    review = serialize_review(row.prediction)
    return Verification(
        issued_at=row.issued_at,
        verdict=row.verdict,
        decision=row.decision,
        decision_now=review["verdict"] or "",
        decided_now_at=datetime.fromisoformat(review["decided_at"]) if review["decided_at"] else None,
        names_match=_compare_names(row, code, name1, name2),
        has_names=bool(row.names_digest),
        sha256=row.sha256,
    )


def _compare_names(row: IssuedReport, code: str, name1: str, name2: str) -> bool | None:
    if not row.names_digest or not (name1.strip() and name2.strip()):
        return None
    orders = ((name1, name2), (name2, name1))
    return any(
        hmac.compare_digest(codes.compute_names_digest(code, *names), row.names_digest) for names in orders
    )
