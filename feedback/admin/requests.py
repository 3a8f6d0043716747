"""The admin list of requests for review, for leads: how far each is, how old, under which profile."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy

from accounts.admin_tools import BoundedPaginator, ReadOnlyAdmin, label_column
from accounts.auth.current_user import get_current_user
from feedback.admin.item_filters import ProfileFilter, filter_by_age, list_ages
from feedback.models import ReviewRequest
from matching.models import ReviewStatus, join_prediction
from matters.wall import select_visible

_STATUS_COLOURS = {
    ReviewStatus.QUEUED: "info",
    ReviewStatus.IN_REVIEW: "info",
    ReviewStatus.NEEDS_DOCUMENT: "warning",
    ReviewStatus.DECIDED: "success",
    ReviewStatus.WITHDRAWN: "default",
}
_STATUS = "prediction__requester_review__status"


class AgeFilter(admin.SimpleListFilter):
    """How long ago it was asked."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the ages to choose from."""
        return list_ages()

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewRequest]) -> QuerySet[ReviewRequest]:
        """Return the requests of the chosen age."""
        return filter_by_age(queryset, "requested_at", self.value())


class StatusFilter(admin.SimpleListFilter):
    """How far the review is."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the statuses to choose from."""
        return [(status.value, str(status.label)) for status in _STATUS_COLOURS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewRequest]) -> QuerySet[ReviewRequest]:
        """Return the requests whose review has the chosen status."""
        return queryset.filter(**{_STATUS: self.value()}) if self.value() in _STATUS_COLOURS else queryset


@admin.register(ReviewRequest)
class ReviewRequestAdmin(ReadOnlyAdmin):
    """Requests for review, without names and without the reason, which says what the requester hopes for."""

    list_display = (
        "__str__",
        "display_age",
        "display_status",
        "priority",
        "due_at",
        "requested_by",
    )
    list_filter = (StatusFilter, AgeFilter, ProfileFilter, "priority")
    search_fields = ("requested_by__email", "prediction__id")
    search_help_text = gettext_lazy("E-mail address of the requester, or the id of a prediction.")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display[1:], "prediction", "requested_at", "closed_at", "withdrawn_at")
    readonly_fields = fields
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewRequest]:
        """Return the rows on the user's side of every wall."""
        rows: QuerySet[ReviewRequest] = super().get_queryset(request)
        rows = join_prediction(rows).select_related("prediction__requester_review", "requested_by")
        return select_visible(rows, get_current_user(request))

    @admin.display(description=gettext_lazy("Age"))
    def display_age(self, row: ReviewRequest) -> str:
        """Return how long ago it was asked."""
        return timesince(row.requested_at, depth=1)

    @label_column(gettext_lazy("Status"), _STATUS, _STATUS_COLOURS)
    def display_status(self, row: ReviewRequest) -> tuple[str, str]:
        """Return how far the review is, with its colour."""
        review = row.prediction.current_review
        return (review.status, review.get_status_display()) if review else ("", "–")
