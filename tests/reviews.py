"""Reviewers of tests, and what they take from the queue."""

from accounts.models import User
from feedback.models import ReviewItem
from feedback.review import queue


def claim_item(reviewer: User, lead: bool = False) -> ReviewItem:
    """The next item, claimed by a reviewer: there must be one."""
    item = queue.claim_next_item(reviewer, lead)
    assert item is not None
    return item
