"""Erasures and retention rules on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.models import Erasure, RetentionRule, User
from accounts.privacy import erasure, retention

ERASURE_QUEUED_MESSAGE = "A worker erases within a minute; follow it under Erasures."
ERASURE_WARNING = (
    "Names, sentences that quote them and reviewers' words about them are blanked for good, also for you. "
    "Verdicts, categories, numbers and counts stay. Backups keep the names until they expire."
)


class EraseNameForm(ReasonForm):
    """Asks for the name, as exactly as it was sent."""

    name = forms.CharField(
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Found whatever its case and spaces. Every stored answer is read once: this takes minutes.",
    )
    field_order = ("name", "reason")


class EraseUserForm(ReasonForm):
    """Asks why, and whether the account itself goes too."""

    account = forms.BooleanField(
        label="Close the account and erase its e-mail address and name too", required=False
    )


def build_erasure_step(user: User, back: str) -> ConfirmationStep:
    """Return the step that erases what a person or client sent."""

    def perform(actor: User, given: Mapping[str, Any]) -> str:
        erasure.request_user_erasure(user, actor, given["reason"], given["account"])
        schedule_erasures()
        return ERASURE_QUEUED_MESSAGE

    draft = Erasure(subject=Erasure.Subject.USER, user=user)
    facts = {f"Rows in {title}": number for title, number in erasure.count_affected(draft).items()}
    return ConfirmationStep(
        f"Erase all names that {user} sent?",
        ERASURE_WARNING,
        "Erase for good",
        back,
        perform,
        EraseUserForm,
        facts=facts,
    )


def schedule_erasures() -> None:
    """Have a worker begin when the change is committed; without a broker beat begins within a minute."""
    transaction.on_commit(_enqueue_erasures)


def _enqueue_erasures() -> None:
    try:
        current_app.send_task("accounts.tasks.finish_erasures", retry=False)
    except OperationalError:
        return


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """What was erased, for whom and why: the proof that a request was met."""

    list_display = ("requested_at", "subject", "user", "requested_by", "finished_at")
    list_select_related = ("user", "requested_by")
    list_filter = ("subject",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "account", "before", "reason", "counts")
    readonly_fields = fields
    actions = None
    actions_list = ("erase_name",)
    has_erase_name_permission = require_permission("accounts.erase_names")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the name in the database."""
        return super().get_queryset(request).defer("name")

    @admin_button("Erase a name", "erase_name")
    def erase_name(self, request: HttpRequest) -> HttpResponse:
        """Ask for one name to be erased, whoever sent it."""

        def perform(actor: User, given: Mapping[str, Any]) -> str:
            erasure.request_name_erasure(given["name"], actor, given["reason"])
            schedule_erasures()
            return ERASURE_QUEUED_MESSAGE

        back = reverse("admin:accounts_erasure_changelist")
        step = ConfirmationStep(
            "Erase a name?", ERASURE_WARNING, "Erase for good", back, perform, EraseNameForm, (ValueError,)
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(RetentionRule)
class RetentionRuleAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """How long each kind of data is kept, and what the rule would remove tonight."""

    list_display = ("title_column", "days_column", "due_column", "changed_at")
    fields = ("title_column", "days", "due_column", "changed_at")
    readonly_fields = ("title_column", "due_column", "changed_at")
    actions = None
    has_add_permission = deny_everyone
    has_delete_permission = deny_everyone

    def get_queryset(self, request: HttpRequest) -> Any:
        """Show every kind, also one that has no rule yet."""
        retention.load_rules()
        return super().get_queryset(request)

    @admin.display(description="What")
    def title_column(self, rule: RetentionRule) -> str:
        """The kind in words."""
        return next((kind.title for kind in retention.load_kinds() if kind.key == rule.key), rule.key)

    @admin.display(description="Kept for")
    def days_column(self, rule: RetentionRule) -> str:
        """The days, or for ever."""
        return "for ever" if rule.days is None else f"{rule.days} day{'s' * (rule.days != 1)}"

    @admin.display(description="Due now")
    def due_column(self, rule: RetentionRule) -> int:
        """Rows that are older than the rule allows."""
        outcomes = {outcome.kind.key: outcome.rows for outcome in retention.preview_rules(timezone.now())}
        return outcomes.get(rule.key, 0)

    def save_model(self, request: HttpRequest, obj: RetentionRule, form: Any, change: bool) -> None:
        """Change the days, with an event."""
        actor = request.user if isinstance(request.user, User) else None
        retention.change_rule(obj, form.cleaned_data["days"], actor)
