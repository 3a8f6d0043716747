"""The two permissions of review (to decide items, and to lead the review), and who decides blind."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User

REVIEW_PERMISSION = "feedback.change_reviewitem"
LEAD_PERMISSION = "feedback.lead_review"


def is_blind(user: User | AnonymousUser) -> bool:
    """Return whether a user decides items and is no lead: lists must not tell them what an item hides."""
    return user.has_perm(REVIEW_PERMISSION) and not user.has_perm(LEAD_PERMISSION)
