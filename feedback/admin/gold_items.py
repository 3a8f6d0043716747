"""The admin pages of gold items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.models import Decision, GoldAnswer
from feedback.review import gold
from matching.engine import MAX_NAME_LENGTH, EngineError, load_profiles
from matching.models import join_prediction
from matters.wall import select_visible
from modelops.serving.loader import NoLiveModelError


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
