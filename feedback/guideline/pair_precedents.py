"""Precedents of pairs are made under the guideline in force, and end where another one changes it."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from feedback.models import Guideline
from matching.models import PairPrecedent, PairPrecedentQuerySet

_GUIDELINE_LOCK = 0x6C6E63_06
"""Key of the advisory lock: shared by new precedents, exclusive for the publication of a guideline."""


def hold_guideline_version() -> str:
    """Return the version in force, empty before the first; it cannot change before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_GUIDELINE_LOCK])
    guideline = Guideline.objects.get_in_force()
    return guideline.version if guideline else ""


def end_pair_precedents(touched: PairPrecedentQuerySet) -> int:
    """End the precedents that another guideline touches, also those made meanwhile; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_GUIDELINE_LOCK])
    return touched.update(ended_at=timezone.now(), end_reason=PairPrecedent.EndReason.GUIDELINE)
