"""The admin pages of gold items: what they are, how reviewers did, and adding and retiring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.admin.item_filters import ProfileFilter
from feedback.guideline.service import get_guideline_in_force
from feedback.models import Clause, Decision, GoldAnswer
from feedback.quality import gold_items
from feedback.quality.gold_views import show_gold_item
from feedback.quality.report import Proportion
from feedback.review import gold
from feedback.review.gold import GoldItemError, KnownAnswer
from matching.compare import sampling
from matching.compare.language import show_text
from matching.engine import MAX_NAME_LENGTH, EngineError, load_categories, load_profiles
from matching.models.prediction import UNLISTED_COLUMNS
from matters.wall import select_visible
from modelops.serving.loader import NoLiveModelError


class GoldItemForm(forms.Form):
    """A pair of names and its known answer."""

    name1 = forms.CharField(
        max_length=MAX_NAME_LENGTH, label=_("Name A"), widget=UnfoldAdminTextInputWidget()
    )
    name2 = forms.CharField(
        max_length=MAX_NAME_LENGTH, label=_("Name B"), widget=UnfoldAdminTextInputWidget()
    )
    profile = forms.ChoiceField(
        label=_("Profile"),
        choices=lambda: [(item.id, show_text(item.title)) for item in load_profiles().values()],
        widget=UnfoldAdminSelectWidget(),
    )
    answer = forms.ChoiceField(
        label=_("Answer"),
        choices=[(decision.value, decision.label) for decision in (Decision.MATERIAL, Decision.IMMATERIAL)],
        widget=UnfoldAdminSelectWidget(),
    )
    clause = forms.ModelChoiceField(
        queryset=Clause.objects.none(),
        required=False,
        label=_("Clause that decides it"),
        widget=UnfoldAdminSelectWidget(),
    )
    why = forms.CharField(
        label=_("Why"),
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Shown to the reviewer after the decision."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clause"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Clause.objects.filter(guideline=get_guideline_in_force()[0])


class RetirementForm(forms.Form):
    """The reason of a retirement."""

    reason = forms.CharField(
        max_length=2_000,
        label=_("Reason"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Kept with the gold item, for those who lead."),
    )


class UseFilter(admin.SimpleListFilter):
    """Whether reviewers still get a gold item."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        """Return the two states."""
        return [("in_use", _("In use")), ("retired", _("Retired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[GoldAnswer]) -> QuerySet[GoldAnswer]:
        """Return the rows in the chosen state."""
        if self.value() is None:
            return queryset
        return queryset.filter(retired_at__isnull=self.value() == "in_use")


@admin.register(GoldAnswer)
class GoldAnswerAdmin(ReadOnlyAdmin):
    """Gold items, given unmarked to every reviewer. Reviewers cannot open this list."""

    list_display = ("description", "known_answer", "profile", "state", "results", "created_at", "created_by")
    list_filter = (UseFilter, ProfileFilter, "material")
    list_before_template = "admin/gold_summary.html"
    search_fields = ("id__exact", "prediction__id__exact")
    search_help_text = _("Id of the gold item or of its prediction")
    paginator = BoundedPaginator
    empty_text = _("Add pairs whose answer nobody disputes; every reviewer gets each once, unmarked.")
    actions = None
    actions_list = ("add_gold_item",)
    actions_detail = ("retire",)
    has_add_gold_item_permission = require_permission("feedback.add_goldanswer")
    has_retire_permission = require_permission("feedback.add_goldanswer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldAnswer]:
        """Return the rows on the user's side of every wall, with what reviewers decided."""
        rows: QuerySet[GoldAnswer] = super().get_queryset(request)
        unread = (f"prediction__{name}" for name in UNLISTED_COLUMNS if name != "differences")
        joined = rows.select_related("prediction", "created_by").defer(*unread)
        return gold_items.add_counts(select_visible(joined, get_current_user(request)))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list below its totals."""
        rows = select_visible(GoldAnswer.objects.all(), get_current_user(request))
        totals = {
            "gold_summary": gold_items.summarise_gold_items(rows),
            "gold_rate": 100 * sampling.get_policy().gold,
        }
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **totals})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show one gold item with the decisions on it."""
        row = self.get_object(request, unquote(object_id))
        if request.method != "GET" or row is None or not self.has_view_permission(request, row):
            refusal: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return refusal
        return show_gold_item(request, row, can_retire=self.has_retire_permission(request))

    @admin.display(description=_("Differences"))
    def description(self, row: GoldAnswer) -> str:
        """Return what the pair differs in."""
        titles = load_categories()
        names = [show_text(titles[id_].title) for id_ in sorted(row.prediction.categories) if id_ in titles]
        return "; ".join(names) or gettext("No difference")

    @admin.display(description=_("Known answer"), ordering="material")
    def known_answer(self, row: GoldAnswer) -> str:
        """Return the label of the known answer."""
        return str(row.decision.label)

    @admin.display(description=_("Profile"), ordering="prediction__profile")
    def profile(self, row: GoldAnswer) -> str:
        """Return the profile."""
        return str(row.prediction.profile)

    @admin.display(description=_("State"), ordering="retired_at")
    def state(self, row: GoldAnswer) -> str:
        """Return whether reviewers still get it."""
        return gettext("Retired") if row.retired_at else gettext("In use")

    @admin.display(description=_("Reviewers right"), ordering="hits")
    def results(self, row: Any) -> str:
        """Return how many of the decisions were right."""
        share = Proportion(row.hits, row.answers)
        if not share.n:
            return gettext("not decided yet")
        return gettext("{hits} of {n}").format(hits=share.hits, n=share.n)

    @admin_button(_("Add a gold item"), "add_gold_item")
    def add_gold_item(self, request: HttpRequest) -> HttpResponse:
        """Ask for the pair and its known answer."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            answer = KnownAnswer(data["answer"] == Decision.MATERIAL, data["why"], data["clause"])
            gold.add_gold_item(actor, data["name1"], data["name2"], data["profile"], answer)
            return gettext("Added. Every reviewer gets it once, unmarked.")

        text = gettext("Choose pairs whose answer nobody disputes; they measure reviewers, not models.")
        back = reverse("admin:feedback_goldanswer_changelist")
        refusals = (EngineError, NoLiveModelError)
        step = ConfirmationStep(
            gettext("Add a gold item"), text, gettext("Add"), back, perform, GoldItemForm, refusals
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(_("Retire"), "retire")
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop giving it to reviewers, with a reason; measurements stay."""
        row = get_object_or_404(self.get_queryset(request), pk=object_id)

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            gold.retire_gold_item(row, actor, data["reason"])
            return gettext("Retired. What reviewers decided on it still counts.")

        text = gettext("Reviewers get it no more. What they decided on it still counts.")
        back = reverse("admin:feedback_goldanswer_change", args=[row.pk])
        step = ConfirmationStep(
            gettext("Retire the gold item?"),
            text,
            gettext("Retire"),
            back,
            perform,
            RetirementForm,
            (GoldItemError,),
        )
        return handle_confirmation(self.admin_site, request, step)
