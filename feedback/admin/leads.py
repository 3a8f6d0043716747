"""The admin pages of leads: sampling rates and quotas, guideline, precedents, gold items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from unfold.admin import ModelAdmin, StackedInline
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.guideline.service import GuidelineError, publish_guideline, start_draft
from feedback.models import Clause, Decision, GoldAnswer, Guideline, Precedent
from feedback.review import gold
from matching.compare import sampling
from matching.engine import MAX_NAME_LENGTH, EngineError, load_profiles
from matching.models import ReviewPolicy, ReviewStream, join_prediction
from matters.wall import select_visible
from modelops.serving.loader import NoLiveModelError

_QUOTA_STREAMS = (ReviewStream.AUDIT, ReviewStream.UNCERTAIN, ReviewStream.DISAGREEMENT)
_RATE_LABELS = {
    "audit": "Random audit, of all predictions",
    "uncertain": "Of predictions with the verdict review",
    "disagreement": "Of predictions on which two models disagree",
    "second": "Second review, of first reviews",
    "gold": "Gold items, of a reviewer's items",
}


class PolicyForm(forms.Form):
    """Sampling rates in [0, 1], daily quotas, and the reason of the change."""

    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        current = sampling.get_policy()
        for name, label in reversed(_RATE_LABELS.items()):
            initial = getattr(current, name)
            widget = UnfoldAdminDecimalFieldWidget()
            field = forms.FloatField(min_value=0, max_value=1, label=label, initial=initial, widget=widget)
            self.fields = {name: field, **self.fields}
        for stream in _QUOTA_STREAMS:
            self.fields[f"quota_{stream}"] = forms.IntegerField(
                min_value=0,
                required=False,
                label=f"Daily quota of new items: {stream}",
                initial=current.quotas.get(stream),
                widget=UnfoldAdminIntegerFieldWidget(),
            )

    def build_policy(self) -> sampling.SamplingPolicy:
        """Return the policy that the form describes."""
        data = self.cleaned_data
        quotas = {str(stream): data[f"quota_{stream}"] for stream in _QUOTA_STREAMS}
        rates = {name: data[name] for name in _RATE_LABELS}
        return sampling.SamplingPolicy(**rates, quotas={k: n for k, n in quotas.items() if n is not None})


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(ReadOnlyAdmin):
    """The history of sampling policies; the newest is in force."""

    list_display = ("set_at", "set_by", "audit_share", "second_share", "gold_share", "reason")
    list_select_related = ("set_by",)
    fields = (*list_display, "uncertain_share", "disagreement_share", "quotas")
    readonly_fields = fields
    actions = None
    actions_list = ("change_policy",)
    has_change_policy_permission = require_permission("matching.add_reviewpolicy")

    @admin_button("Change sampling rates and quotas", "change_policy")
    def change_policy(self, request: HttpRequest) -> HttpResponse:
        """Ask for a new policy and its reason."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            form = PolicyForm(request.POST)
            form.full_clean()
            sampling.update_policy(actor, form.build_policy(), data["reason"])
            return "In force within seconds, everywhere."

        text = "The random audit measures performance; do not set its rate to 0. The old policy stays below."
        back = reverse("admin:matching_reviewpolicy_changelist")
        step = ConfirmationStep(
            "Which predictions are reviewed?", text, "Put in force", back, perform, PolicyForm
        )
        return handle_confirmation(self.admin_site, request, step)


class ClauseInline(StackedInline):  # type: ignore[misc]  # as above
    """The clauses on the page of their version."""

    model = Clause
    extra = 0
    fields = ("number", "title", "text", "categories", "position")
    tab = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow adding clauses to a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.add_clause")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow changing clauses of a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.change_clause")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting clauses of a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.delete_clause")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show clauses to whoever sees the guideline."""
        return request.user.has_perm("feedback.view_guideline")


class VersionForm(forms.Form):
    """The name of the next version."""

    version = forms.CharField(max_length=20, widget=UnfoldAdminTextInputWidget())


@admin.register(Guideline)
class GuidelineAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """The versions of the guideline: a draft is editable, a published one is immutable."""

    list_display = ("version", "status", "created_at", "published_at", "published_by")
    list_select_related = ("published_by",)
    fields = ("version", "summary", "status", "created_at", "published_at", "published_by")
    readonly_fields = ("status", "created_at", "published_at", "published_by")
    inlines = (ClauseInline,)
    actions = None
    actions_list = ("create_draft",)
    actions_detail = ("publish_draft",)
    has_create_draft_permission = require_permission("feedback.add_guideline")
    has_publish_draft_permission = require_permission("feedback.change_guideline")
    has_add_permission = deny_everyone
    has_delete_permission = deny_everyone

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow changing a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.change_guideline")

    @admin_button("Begin the next version", "create_draft")
    def create_draft(self, request: HttpRequest) -> HttpResponse:
        """Copy the guideline in force into a draft."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            start_draft(actor, data["version"])
            return "The draft is a copy of the guideline in force. Edit it, then publish it."

        text = "Decisions keep the version they were made under; the draft changes nothing until published."
        back = reverse("admin:feedback_guideline_changelist")
        step = ConfirmationStep(
            "Begin the next version?", text, "Begin", back, perform, VersionForm, (GuidelineError,)
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("Publish", "publish_draft")
    def publish_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a draft in force."""
        draft = get_object_or_404(Guideline, pk=object_id)

        def perform(actor: User, _data: Mapping[str, Any]) -> str:
            return f"{publish_guideline(draft, actor)} is in force."

        text = "Every reviewer sees it beside the next item. A published version can no longer be edited."
        back = reverse("admin:feedback_guideline_changelist")
        step = ConfirmationStep(
            "Publish the guideline?", text, "Publish", back, perform, expected_errors=(GuidelineError,)
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Precedent)
class PrecedentAdmin(ReadOnlyAdmin):
    """Adjudicated pairs, without their names."""

    list_display = ("__str__", "answer", "clause", "categories", "created_at")
    list_filter = ("profile", "kind")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display[1:], "profile", "kind", "prediction", "withdrawn_at")
    readonly_fields = fields
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Precedent]:
        """Return the rows on the user's side of every wall."""
        rows: QuerySet[Precedent] = super().get_queryset(request)
        return select_visible(join_prediction(rows).select_related("clause"), get_current_user(request))

    @admin.display(description="Decision")
    def answer(self, row: Precedent) -> str:
        """Return the label of the decision."""
        return str(row.decision.label)


class GoldItemForm(forms.Form):
    """A pair of names and its known answer."""

    name1 = forms.CharField(max_length=MAX_NAME_LENGTH, label="Name A", widget=UnfoldAdminTextInputWidget())
    name2 = forms.CharField(max_length=MAX_NAME_LENGTH, label="Name B", widget=UnfoldAdminTextInputWidget())
    profile = forms.ChoiceField(
        choices=[(regime.id, regime.title) for regime in load_profiles().values()],
        widget=UnfoldAdminSelectWidget(),
    )
    answer = forms.ChoiceField(
        choices=[(decision.value, decision.label) for decision in (Decision.MATERIAL, Decision.IMMATERIAL)],
        widget=UnfoldAdminSelectWidget(),
    )
    why = forms.CharField(
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Shown to the reviewer after the decision.",
    )


@admin.register(GoldAnswer)
class GoldAnswerAdmin(ReadOnlyAdmin):
    """Gold items, given unmarked to every reviewer. Reviewers cannot open this list."""

    list_display = ("__str__", "created_by", "created_at", "retired_at")
    fields = (*list_display[1:], "material", "prediction")
    readonly_fields = fields
    actions = ("retire",)
    actions_list = ("add_gold_item",)
    has_add_gold_item_permission = require_permission("feedback.add_goldanswer")
    has_retire_permission = require_permission("feedback.add_goldanswer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldAnswer]:
        """Return the rows on the user's side of every wall."""
        rows: QuerySet[GoldAnswer] = super().get_queryset(request)
        return select_visible(join_prediction(rows).select_related("created_by"), get_current_user(request))

    @admin_button("Add a gold item", "add_gold_item")
    def add_gold_item(self, request: HttpRequest) -> HttpResponse:
        """Ask for the pair and its known answer."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            material = data["answer"] == Decision.MATERIAL
            gold.add_gold_item(actor, data["name1"], data["name2"], data["profile"], material, data["why"])
            return "Added. Every reviewer gets it once, unmarked."

        text = "Choose pairs whose answer nobody disputes; they measure reviewers, not models."
        back = reverse("admin:feedback_goldanswer_changelist")
        refusals = (EngineError, NoLiveModelError)
        step = ConfirmationStep("Add a gold item", text, "Add", back, perform, GoldItemForm, refusals)
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("Retire the chosen gold items", "retire")
    def retire(self, request: HttpRequest, rows: QuerySet[GoldAnswer]) -> HttpResponse:
        """Stop giving them to reviewers; measurements stay."""
        count = gold.retire_gold_items(list(rows), get_current_user(request))
        messages.success(request, f"{count} retired.")
        return redirect("admin:feedback_goldanswer_changelist")


def _is_draft(row: Any) -> bool:
    return isinstance(row, Guideline) and row.status == Guideline.Status.DRAFT
