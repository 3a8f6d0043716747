"""The filters of the list of review items; a reviewer has only those that tell nothing of the answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.auth.current_user import get_current_user
from accounts.models import Role, User
from feedback.models import ReviewItem, ReviewStage
from feedback.permissions import is_blind
from feedback.review.waiting import build_late_condition, build_offer_condition
from matching.compare.available_profiles import get_available_profiles
from matching.models import ReviewStream
from matters.service import list_matters

Choices = list[tuple[str, str]]
State = ReviewItem.State

AGES = {"day": (0, 1), "three": (1, 3), "week": (3, 7), "older": (7, 36_500)}
"""Least and most days."""


def list_ages() -> Choices:
    """Return the ages to choose from."""
    labels = (
        gettext("Up to a day"),
        gettext("One to three days"),
        gettext("Three to seven days"),
        gettext("More than a week"),
    )
    return list(zip(AGES, labels, strict=True))


def filter_by_age(rows: QuerySet[Any], column: str, age: str | None) -> QuerySet[Any]:
    """Return the rows whose moment in a column has the chosen age, or all."""
    if age not in AGES:
        return rows
    least, most = (timezone.now() - timedelta(days=days) for days in AGES[age])
    return rows.filter(**{f"{column}__gt": most, f"{column}__lte": least})


class StatusFilter(admin.SimpleListFilter):
    """How far an item is."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the statuses to choose from; reviewers have no item that waits for leads."""
        choices = [
            ("waiting", gettext("Without a decision")),
            ("free", gettext("Free")),
            ("claimed", gettext("In review")),
            ("parked", gettext("Waits for a document")),
            ("postponed", gettext("Postponed")),
            ("done", gettext("Closed")),
        ]
        return choices if is_blind(request.user) else [*choices, ("lead", gettext("Needs a lead"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen status."""
        conditions = _build_status_conditions(get_current_user(request), timezone.now())
        condition = conditions.get(str(self.value()))
        return queryset if condition is None else queryset.filter(condition)


class LateFilter(admin.SimpleListFilter):
    """Which items are overdue; for reviewers, whose lists hide due times, which are older than a day."""

    title = _("due")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the one choice."""
        blind = is_blind(request.user)
        return [("yes", gettext("Waits longer than a day") if blind else gettext("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the late items without a decision, or all."""
        if self.value() != "yes":
            return queryset
        late = build_late_condition(get_current_user(request), timezone.now())
        return queryset.exclude(state=State.DONE).filter(late)


class AgeFilter(admin.SimpleListFilter):
    """How long an item waits; for reviewers how long ago the comparison was asked."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the ages to choose from."""
        return list_ages()

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen age."""
        column = "prediction__created_at" if is_blind(request.user) else "created_at"
        return filter_by_age(queryset, column, self.value())


class ProfileFilter(admin.SimpleListFilter):
    """The profile of the comparison."""

    title = _("profile")
    parameter_name = "profile"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the available profiles as choices."""
        return [(id_, id_) for id_ in get_available_profiles()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen profile, or all."""
        return queryset.filter(prediction__profile=self.value()) if self.value() else queryset


class StreamFilter(admin.SimpleListFilter):
    """Why an item is reviewed."""

    title = _("stream")
    parameter_name = "stream"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the streams to choose from."""
        return [(value, str(label)) for value, label in ReviewStream.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen stream, or all."""
        return queryset.filter(stream=self.value()) if self.value() else queryset


class StageFilter(admin.SimpleListFilter):
    """The stage of the review."""

    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the stages to choose from."""
        return [(value, str(label)) for value, label in ReviewStage.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen stage, or all."""
        return queryset.filter(stage=self.value()) if self.value() else queryset


class MatterFilter(admin.SimpleListFilter):
    """The matter of the comparison; offered are those of which the user is a member."""

    title = _("matter")
    parameter_name = "matter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the user's matters, and none; nothing to choose for who has no matter."""
        rows = list_matters(get_current_user(request)).defer("note")
        found = [(str(row.pk), row.reference) for row in rows]
        return [("none", gettext("No matter")), *found] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items of the chosen matter; an unknown one has none."""
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen == "none":
            return queryset.filter(prediction__matter=None)
        known = [key for key, _label in self.lookup_choices]
        return queryset.filter(prediction__matter=UUID(chosen)) if chosen in known else queryset.none()


class AssigneeFilter(admin.SimpleListFilter):
    """To whom an item is assigned."""

    title = _("assigned to")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return nobody, and everybody who reviews."""
        people = list_reviewers().values_list("pk", "email")
        return [("nobody", gettext("Nobody")), *((str(pk), email) for pk, email in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        """Return the items assigned to the chosen person, or to nobody."""
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen == "nobody":
            return queryset.filter(assigned_to=None)
        known = [key for key, _label in self.lookup_choices]
        return queryset.filter(assigned_to=UUID(chosen)) if chosen in known else queryset.none()


BLIND_FILTERS = (StatusFilter, LateFilter, AgeFilter, ProfileFilter, MatterFilter)
ALL_FILTERS = (*BLIND_FILTERS, StreamFilter, StageFilter, AssigneeFilter)


def list_reviewers() -> QuerySet[User]:
    """Return the active reviewers and leads, by address."""
    return User.objects.filter(is_active=True, role__in=[Role.REVIEWER, Role.LEAD]).order_by("email")


def describe_status(item: ReviewItem, now: datetime) -> tuple[str, str]:
    """Return the key and the words of an item's status, the same that the filter offers."""
    labels = {
        "free": gettext("Free"),
        "claimed": gettext("In review"),
        "parked": gettext("Waits for a document"),
        "postponed": gettext("Postponed"),
        "done": gettext("Closed"),
    }
    is_claimed = item.state == State.CLAIMED and item.claimed_until is not None and item.claimed_until >= now
    if item.state in (State.PARKED, State.DONE):
        key = str(item.state)
    elif is_claimed:
        key = "claimed"
    else:
        key = "postponed" if item.not_before > now else "free"
    return key, labels[key]


def _build_status_conditions(user: User, now: datetime) -> dict[str, Q]:
    """Return the conditions of the statuses; free to a reviewer is what the queue may give them.

    Gold pairs wait for nobody's answer, but to reviewers they look like any other.
    """
    open_ = Q(state=State.OPEN) | Q(state=State.CLAIMED, claimed_until__lt=now)
    undecided = ~Q(state=State.DONE)
    conditions = {
        "waiting": undecided,
        "free": open_ & Q(not_before__lte=now),
        "claimed": Q(state=State.CLAIMED, claimed_until__gte=now),
        "parked": Q(state=State.PARKED),
        "postponed": open_ & Q(not_before__gt=now),
        "done": Q(state=State.DONE),
    }
    if is_blind(user):
        return {**conditions, "free": build_offer_condition(user, now)}
    without_gold = undecided & ~Q(stream=ReviewStream.GOLD)
    return {**conditions, "waiting": without_gold, "lead": undecided & Q(for_lead=True)}
