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

from accounts import erasure, retention
from accounts.desk import BoundedPaginator, ReasonForm, Step, act, confirmed, may, nobody
from accounts.models import Erasure, RetentionRule, User

ERASING = "A worker erases within a minute; follow it under Erasures."
FOR_GOOD = (
    "Names, sentences that quote them and reviewers' words about them are blanked for good, also for you. "
    "Verdicts, categories, numbers and counts stay. Backups keep the names until they expire."
)


class NameForm(ReasonForm):
    """Asks for the name, as exactly as it was sent."""

    name = forms.CharField(
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Found whatever its case and spaces. Every stored answer is read once: this takes minutes.",
    )
    field_order = ("name", "reason")


class PersonForm(ReasonForm):
    """Asks why, and whether the account itself goes too."""

    account = forms.BooleanField(
        label="Close the account and erase its e-mail address and name too", required=False
    )


def person_step(user: User, back: str) -> Step:
    """Return the step that erases what a person or client sent."""

    def perform(actor: User, given: Mapping[str, Any]) -> str:
        erasure.ask_person(user, actor, given["reason"], given["account"])
        erase_soon()
        return ERASING

    draft = Erasure(subject=Erasure.Subject.PERSON, user=user)
    facts = {f"Rows in {title}": number for title, number in erasure.counted(draft).items()}
    return Step(
        f"Erase all names that {user} sent?",
        FOR_GOOD,
        "Erase for good",
        back,
        perform,
        PersonForm,
        facts=facts,
    )


def erase_soon() -> None:
    """Have a worker begin when the change is committed; without a broker beat begins within a minute."""
    transaction.on_commit(_ask_worker)


def _ask_worker() -> None:
    try:
        current_app.send_task("accounts.tasks.finish_erasures", retry=False)
    except OperationalError:
        return


@admin.register(Erasure)
class ErasureAdmin(ModelAdmin):  # type: ignore[misc]  # the package ships no types
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
    has_erase_name_permission = may("accounts.erase_names")
    has_add_permission = nobody
    has_change_permission = nobody
    has_delete_permission = nobody

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the name in the database."""
        return super().get_queryset(request).defer("name")

    @act("Erase a name", "erase_name")
    def erase_name(self, request: HttpRequest) -> HttpResponse:
        """Ask for one name to be erased, whoever sent it."""

        def perform(actor: User, given: Mapping[str, Any]) -> str:
            erasure.ask_name(given["name"], actor, given["reason"])
            erase_soon()
            return ERASING

        back = reverse("admin:accounts_erasure_changelist")
        step = Step("Erase a name?", FOR_GOOD, "Erase for good", back, perform, NameForm, (ValueError,))
        return confirmed(self.admin_site, request, step)


@admin.register(RetentionRule)
class RetentionRuleAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """How long each kind of data is kept, and what the rule would remove tonight."""

    list_display = ("title", "shown_days", "due", "changed_at")
    fields = ("title", "days", "due", "changed_at")
    readonly_fields = ("title", "due", "changed_at")
    actions = None
    has_add_permission = nobody
    has_delete_permission = nobody

    def get_queryset(self, request: HttpRequest) -> Any:
        """Show every kind, also one that has no rule yet."""
        retention.rules()
        return super().get_queryset(request)

    @admin.display(description="What")
    def title(self, rule: RetentionRule) -> str:
        """The kind in words."""
        return next((kind.title for kind in retention.kinds() if kind.key == rule.key), rule.key)

    @admin.display(description="Kept for")
    def shown_days(self, rule: RetentionRule) -> str:
        """The days, or for ever."""
        return "for ever" if rule.days is None else f"{rule.days} day{'s' * (rule.days != 1)}"

    @admin.display(description="Due now")
    def due(self, rule: RetentionRule) -> int:
        """Rows that are older than the rule allows."""
        outcomes = {outcome.kind.key: outcome.rows for outcome in retention.look(timezone.now())}
        return outcomes.get(rule.key, 0)

    def save_model(self, request: HttpRequest, obj: RetentionRule, form: Any, change: bool) -> None:
        """Change the days, with an event."""
        actor = request.user if isinstance(request.user, User) else None
        retention.change(obj, form.cleaned_data["days"], actor)
