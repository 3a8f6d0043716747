"""The admin list of review items: what waits, filters, search, and what leads change of many at once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.array_lookup import IsAnyOf
from accounts.auth.current_user import get_current_user
from accounts.dates import format_moment
from accounts.language.sentences import lower
from accounts.models import User
from feedback.admin.item_changes import ASSIGNMENT, RETURN, URGENCY, WITHDRAWAL, ask_for_change
from feedback.admin.item_filters import ALL_FILTERS, BLIND_FILTERS, describe_status
from feedback.admin.review_urls import build_review_urls
from feedback.models import ReviewItem, ReviewItemQuerySet, ReviewStage
from feedback.permissions import LEAD_PERMISSION, REVIEW_PERMISSION, is_blind
from feedback.review.waiting import select_listed
from matching.admin.predictions import PairForm
from matching.pair_digest import compute_pair_digest
from matters.models import MatterMember
from matters.service import search_matters

_BLIND_COLUMNS = ("display_comparison", "display_status", "display_asked", "display_matter")
_LEAD_COLUMNS = (
    "display_comparison",
    "display_status",
    "display_age",
    "display_due",
    "display_stream",
    "assigned_to",
    "display_matter",
)
_BLIND_FIELDS = (*_BLIND_COLUMNS[1:], "claimed_until", "done_at")
_LEAD_FIELDS = (
    *_LEAD_COLUMNS[1:],
    "priority",
    "prediction",
    "claimed_by",
    "claimed_until",
    "created_at",
    "due_at",
    "not_before",
    "selection_probability",
    "for_lead",
    "done_at",
)
_STATUS_COLOURS = {
    "free": "info",
    "claimed": "info",
    "parked": "warning",
    "postponed": "default",
    "done": "success",
}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9a-f]{8}")


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    """Review items. Reviewers see what the queue may give them and what is theirs, and nothing of the answer.

    Stream, stage, priority and due time hint at verdict or decisions; only leads and auditors see them.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    search_fields = ("prediction__id",)
    search_help_text = _("Id or short number of a comparison, or the reference of a matter")
    list_per_page = 50
    actions_list = ("open_review_queue", "find_pair")
    actions = ("assign", "return_to_queue", "change_urgency", "withdraw")
    has_open_review_queue_permission = require_permission(REVIEW_PERMISSION)
    has_find_pair_permission = require_permission("matching.reveal_names")
    has_lead_permission = require_permission(LEAD_PERMISSION)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        """Return the items that the user may see in a list, on their side of every wall."""
        rows: ReviewItemQuerySet = super().get_queryset(request)
        user = get_current_user(request)
        members = MatterMember.objects.filter(matter=OuterRef("prediction__matter"), user=user)
        return select_listed(rows, user, timezone.now()).for_listing().annotate(is_member=Exists(members))

    def get_urls(self) -> list[Any]:
        """Return the review pages, then the admin's own pages of items."""
        return [*build_review_urls(), *super().get_urls()]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Put what waits first; by due time, which reviewers must not learn from the order either."""
        # PostgreSQL puts those that are not done first.
        return ("-done_at", "prediction_id") if is_blind(request.user) else ("-done_at", "due_at", "id")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns; those that hint at the answer are for leads and auditors only."""
        return _BLIND_COLUMNS if is_blind(request.user) else _LEAD_COLUMNS

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        """Return filters on the visible columns only."""
        return BLIND_FILTERS if is_blind(request.user) else ALL_FILTERS

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters in the address by which a reviewer could find out what the columns hide."""
        if is_blind(request.user):
            return lookup in {item_filter.parameter_name for item_filter in BLIND_FILTERS}
        return bool(super().lookup_allowed(lookup, value, request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields, as blind as the list."""
        return _BLIND_FIELDS if is_blind(request.user) else _LEAD_FIELDS

    get_readonly_fields = get_fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ReviewItem], search_term: str
    ) -> tuple[QuerySet[ReviewItem], bool]:
        """Find items by id, short number or digest of a pair, or by the reference of one of one's matters."""
        user = get_current_user(request)
        found = [rows for word in search_term.lower().split() for rows in _search_items(word, user)]
        if not found:
            return queryset, False
        return queryset.filter(IsAnyOf(F("pk"), ArraySubquery(found[0].union(*found[1:])))), False

    @admin.display(description=_("Comparison"), ordering="prediction_id")
    def display_comparison(self, item: ReviewItem) -> str:
        """Return what tells the comparison from others, without a name."""
        return str(item)

    @label_column(_("Status"), "", _STATUS_COLOURS)
    def display_status(self, item: ReviewItem) -> tuple[str, str]:
        """Return the status with its colour."""
        return describe_status(item, timezone.now())

    @admin.display(description=_("Age"), ordering="created_at")
    def display_age(self, item: ReviewItem) -> str:
        """Return since when the item is in the queue."""
        return timesince(item.created_at, depth=1)

    @admin.display(description=_("Age"), ordering="prediction_id")
    def display_asked(self, item: ReviewItem) -> str:
        """Return how long ago the comparison was asked; the age of the item would tell its stage."""
        return timesince(item.prediction.created_at, depth=1)

    @admin.display(description=_("Due"), ordering="due_at")
    def display_due(self, item: ReviewItem) -> str:
        """Return when the item is due, and whether that is past."""
        is_late = item.state != ReviewItem.State.DONE and item.due_at < timezone.now()
        moment = format_moment(item.due_at)
        return gettext("overdue since {moment}").format(moment=moment) if is_late else moment

    @admin.display(description=_("Stream"), ordering="stream")
    def display_stream(self, item: ReviewItem) -> str:
        """Return why the item is reviewed and, after a first review, at which stage it is."""
        stage = "" if item.stage == ReviewStage.FIRST else f", {lower(item.get_stage_display())}"
        return f"{item.get_stream_display()}{stage}"

    @admin.display(description=_("Matter"))
    def display_matter(self, item: ReviewItem) -> str:
        """Return the reference of the matter, which only its members read; a dash without one."""
        if item.prediction.matter is None:
            return "–"
        is_member = getattr(item, "is_member", False)
        return str(item.prediction.matter) if is_member else gettext("a matter of others")

    @admin_button(_("My review queue"), "open_review_queue")
    def open_review_queue(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the reviewer's own queue."""
        return redirect("admin:review-queue")

    @admin_button(_("Find a pair"), "find_pair")
    def find_pair(self, request: HttpRequest) -> HttpResponse:
        """Find the items of one exact pair, in either order, by its digest: no name goes into a URL."""
        back = reverse("admin:feedback_reviewitem_changelist")
        if request.method == "POST":
            names = [request.POST.get(name, "") for name in ("name1", "name2")]
            digests = (compute_pair_digest(*names), compute_pair_digest(*reversed(names)))
            back = f"{back}?{urlencode({'q': ' '.join(digests)})}"
        text = gettext("Names are encrypted; exactly these two names are found, in either order.")
        message = gettext("These are the items of exactly that pair that you may see.")
        step = ConfirmationStep(
            gettext("Find a pair"), text, gettext("Find"), back, lambda _actor, _data: message, PairForm
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(_("Assign"), "lead")
    def assign(self, request: HttpRequest, rows: QuerySet[ReviewItem]) -> HttpResponse:
        """Assign the chosen items to one reviewer, or to nobody."""
        return ask_for_change(self.admin_site, request, rows, ASSIGNMENT)

    @admin_button(_("Return to the queue"), "lead")
    def return_to_queue(self, request: HttpRequest, rows: QuerySet[ReviewItem]) -> HttpResponse:
        """Take the chosen items from whoever has them, and give them to anybody."""
        return ask_for_change(self.admin_site, request, rows, RETURN)

    @admin_button(_("Change priority or due time"), "lead")
    def change_urgency(self, request: HttpRequest, rows: QuerySet[ReviewItem]) -> HttpResponse:
        """Set priority or due time of the chosen items."""
        return ask_for_change(self.admin_site, request, rows, URGENCY)

    @admin_button(_("Withdraw"), "lead")
    def withdraw(self, request: HttpRequest, rows: QuerySet[ReviewItem]) -> HttpResponse:
        """Close the chosen items without a decision, for a reason."""
        return ask_for_change(self.admin_site, request, rows, WITHDRAWAL)


def _search_items(word: str, user: User) -> list[QuerySet[ReviewItem, tuple[UUID]]]:
    """Return the keys of the items that one word of a search names.

    Each query reads an index of its own; as one condition they would read every item.
    """
    items = ReviewItem.objects.order_by()
    if _DIGEST.fullmatch(word):
        return [items.filter(prediction__pair_digest=word).values_list("pk")]
    found = [items.filter(prediction__matter__in=search_matters(user, word))]
    if _NUMBER.fullmatch(word):
        found.append(items.with_short_number(word))
    try:
        key = UUID(word)
    except ValueError:
        pass
    else:
        found += [items.filter(pk=key), items.filter(prediction=key)]
    return [rows.values_list("pk") for rows in found]
