"""Which items wait, which of them a reviewer may be given, and how many there are and how old they are.

Reviewers decide blind. The due time, the stream and the stage of an item hint at the model's answer, so what
they are shown counts by profile and by the age of the comparison alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext

from accounts.models import User
from feedback.models import Feedback, FeedbackSource, ItemEvent, ReviewItem, ReviewItemQuerySet, ReviewRequest
from feedback.permissions import LEAD_PERMISSION, is_blind
from matching.models import ReviewStream
from matters.wall import build_condition

LONG_WAIT = timedelta(days=1)
"""The age from which a reviewer sees an item as waiting long."""

_MIN_WAITING = 5
"""Of fewer items the number of overdue ones would tell which, and so by which stream it came."""


class WaitingRow(NamedTuple):
    """Items that wait, of one profile or one stream: how many, how many of them long, the age of the oldest.

    ``late`` counts those past their due time for leads, those older than a day for reviewers; ``overdue`` is
    not shown to reviewers.
    """

    label: str
    waiting: int
    overdue: int
    late: int
    oldest: str
    href: str
    late_href: str


class WaitingTable(NamedTuple):
    """The rows of one grouping, with the heading of its first column and of that of late items."""

    heading: str
    late_heading: str
    rows: Sequence[WaitingRow]


def build_taken_condition(user: User) -> dict[str, Exists]:
    """Return, by reason, the conditions of items that nobody may give to a user.

    ``decided``: the user decided the prediction; ``asked``: the user asked for the review; ``passed``: the
    user left the item to others.
    """
    decisions = Feedback.objects.not_withdrawn().filter(prediction=OuterRef("prediction"), reviewer=user)
    requests = ReviewRequest.objects.filter(prediction=OuterRef("prediction"), requested_by=user)
    skips = ItemEvent.objects.filter(item=OuterRef("pk"), actor=user, kind=ItemEvent.Kind.SKIPPED)
    return {
        "decided": Exists(decisions.exclude(source=FeedbackSource.API)),
        "asked": Exists(requests),
        "passed": Exists(skips),
    }


def build_available_condition(user: User, now: datetime) -> Q:
    """Return the condition of the items that the queue may give a user now, as its ``claim`` does."""
    return build_offer_condition(user, now) & (Q(assigned_to=user) | build_condition(ReviewItem, user))


def build_offer_condition(user: User, now: datetime) -> Q:
    """Return the condition of available items among those of ``visible_to``, which need not ask again."""
    free = Q(state=ReviewItem.State.OPEN) | Q(state=ReviewItem.State.CLAIMED, claimed_until__lt=now)
    shared = Q(assigned_to=None)
    if not user.has_perm(LEAD_PERMISSION):
        shared &= Q(for_lead=False)
    condition = free & Q(not_before__lte=now) & (Q(assigned_to=user) | shared)
    for taken in build_taken_condition(user).values():
        condition &= ~Q(taken)
    return condition


def select_listed(rows: ReviewItemQuerySet, user: User, now: datetime) -> ReviewItemQuerySet:
    """Return the items that a user may see in a list.

    A reviewer sees what the queue may give them, what they hold or were assigned, and what they decided.
    """
    visible = rows.visible_to(user)
    if not is_blind(user):
        return visible
    decided = Exists(Feedback.objects.by_reviewers().filter(item=OuterRef("pk"), reviewer=user))
    own = Q(claimed_by=user) | Q(assigned_to=user) | Q(decided)
    return visible.filter(build_offer_condition(user, now) | own)


def select_waiting(user: User, now: datetime) -> ReviewItemQuerySet:
    """Return what waits as a user is shown it: what a reviewer may be given, to others all undecided ones."""
    rows = ReviewItem.objects.open().visible_to(user)
    if is_blind(user):
        return rows.filter(build_offer_condition(user, now))
    return rows.exclude(stream=ReviewStream.GOLD)


def build_late_condition(user: User, now: datetime) -> Q:
    """Return the condition of items past their due time; for reviewers of comparisons older than a day."""
    return Q(prediction__created_at__lt=now - LONG_WAIT) if is_blind(user) else Q(due_at__lt=now)


def tabulate_waiting(user: User, now: datetime) -> list[WaitingTable]:
    """Return what waits by profile and, for those who may see them, by stream; one query each."""
    late = gettext("Longer than a day") if is_blind(user) else gettext("Overdue")
    tables = [WaitingTable(gettext("Profile"), late, _count_by("prediction__profile", "profile", user, now))]
    if not is_blind(user):
        rows = _count_by("stream", "stream", user, now)
        named = [row._replace(label=str(ReviewStream(row.label).label)) for row in rows]
        tables.append(WaitingTable(gettext("Stream"), late, named))
    return tables


def count_overdue(user: User, tables: Sequence[WaitingTable]) -> int:
    """Return how many of the items that wait are past their due time; 0 for a reviewer of a short queue."""
    rows = tables[0].rows
    is_short = sum(row.waiting for row in rows) < _MIN_WAITING
    return 0 if is_blind(user) and is_short else sum(row.overdue for row in rows)


def link_waiting(user: User, **choices: str) -> str:
    """Return the address of the list of what waits as a user is shown it, filtered further."""
    chosen = {"status": "free" if is_blind(user) else "waiting", **choices}
    return f"{reverse('admin:feedback_reviewitem_changelist')}?{urlencode(chosen)}"


def _count_by(column: str, choice: str, user: User, now: datetime) -> list[WaitingRow]:
    """Return the rows of one grouping, the one with most items first."""
    asked_at = "prediction__created_at" if is_blind(user) else "created_at"
    late = build_late_condition(user, now)
    counted = (
        select_waiting(user, now)
        .order_by()
        .values(column)
        .annotate(
            waiting=Count("pk"),
            overdue=Count("pk", filter=Q(due_at__lt=now)),
            late=Count("pk", filter=late),
            oldest=Min(asked_at),
        )
        .order_by("-waiting", column)
    )
    return [
        WaitingRow(
            row[column],
            row["waiting"],
            row["overdue"],
            row["late"],
            timesince(row["oldest"], now, depth=1),
            link_waiting(user, **{choice: row[column]}),
            link_waiting(user, **{choice: row[column], "late": "yes"}),
        )
        for row in counted
    ]
