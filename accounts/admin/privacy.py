"""Admin pages of erasures and retention rules."""

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
from django.utils.translation import gettext, gettext_lazy, ngettext
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
from accounts.auth.current_user import get_current_user
from accounts.language.sentences import Text
from accounts.models import Erasure, RetentionRule, User
from accounts.privacy import erasure, retention

ERASURE_QUEUED_MESSAGE = gettext_lazy("A worker erases within a minute; follow it under Erasures.")
ERASURE_WARNING = gettext_lazy(
    "Names, sentences that quote them and reviewers' texts about them are erased for good, also for you. "
    "Verdicts, categories, numbers and counts stay. Backups keep the names until they expire."
)


class EraseNameForm(ReasonForm):
    """A form for the name, as it was sent, and the reason."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Case and spaces are ignored. Every stored prediction is read once, which takes minutes."
        ),
    )
    field_order = ("name", "reason")


class EraseUserForm(ReasonForm):
    """A form for the reason, and for closing the account too."""

    account = forms.BooleanField(
        label=gettext_lazy("Close the account and erase its e-mail address and name too"), required=False
    )


def build_erasure_step(user: User, back: str) -> ConfirmationStep:
    """Return the confirmation step that erases the names a user sent."""

    def perform(actor: User, data: Mapping[str, Any]) -> Text:
        erasure.request_user_erasure(user, actor, data["reason"], data["account"])
        schedule_erasures()
        return ERASURE_QUEUED_MESSAGE

    draft = Erasure(subject=Erasure.Subject.USER, user=user)
    facts = {
        gettext("Rows in {title}").format(title=title): number
        for title, number in erasure.count_affected(draft).items()
    }
    return ConfirmationStep(
        gettext("Erase all names that {user} sent?").format(user=user),
        ERASURE_WARNING,
        gettext("Erase for good"),
        back,
        perform,
        EraseUserForm,
        facts=facts,
    )


def schedule_erasures() -> None:
    """Run the erasures in a worker after the commit; without a broker, beat runs them within a minute."""
    transaction.on_commit(_enqueue_erasures)


def _enqueue_erasures() -> None:
    try:
        current_app.send_task("accounts.tasks.finish_erasures", retry=False)
    except OperationalError:
        return


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Erasures with their reasons and counts, as proof that requests were met."""

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
        """Return the erasures without the encrypted name."""
        return super().get_queryset(request).defer("name")

    @admin_button(gettext_lazy("Erase a name"), "erase_name")
    def erase_name(self, request: HttpRequest) -> HttpResponse:
        """Request the erasure of one name, whoever sent it."""

        def perform(actor: User, data: Mapping[str, Any]) -> Text:
            erasure.request_name_erasure(data["name"], actor, data["reason"])
            schedule_erasures()
            return ERASURE_QUEUED_MESSAGE

        back = reverse("admin:accounts_erasure_changelist")
        step = ConfirmationStep(
            gettext("Erase a name?"),
            ERASURE_WARNING,
            gettext("Erase for good"),
            back,
            perform,
            EraseNameForm,
            (ValueError,),
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(RetentionRule)
class RetentionRuleAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """How long each kind of data is kept, and the rows that its rule would remove now."""

    list_display = ("title_column", "days_column", "due_column", "changed_at")
    fields = ("title_column", "days", "due_column", "changed_at")
    readonly_fields = ("title_column", "due_column", "changed_at")
    actions = None
    has_add_permission = deny_everyone
    has_delete_permission = deny_everyone

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rules after creating the missing ones."""
        retention.load_rules()
        return super().get_queryset(request)

    @admin.display(description=gettext_lazy("Kind of data"))
    def title_column(self, rule: RetentionRule) -> Text:
        """Return the title of the kind of data."""
        return next((kind.title for kind in retention.load_kinds() if kind.key == rule.key), rule.key)

    @admin.display(description=gettext_lazy("Kept for"))
    def days_column(self, rule: RetentionRule) -> str:
        """Return the number of days, or ``for ever``."""
        return (
            gettext("for ever")
            if rule.days is None
            else ngettext("{number} day", "{number} days", rule.days).format(number=rule.days)
        )

    @admin.display(description=gettext_lazy("Due now"))
    def due_column(self, rule: RetentionRule) -> int:
        """Return the number of rows older than the rule allows."""
        outcomes = {outcome.kind.key: outcome.rows for outcome in retention.preview_rules(timezone.now())}
        return outcomes.get(rule.key, 0)

    def save_model(self, request: HttpRequest, obj: RetentionRule, form: Any, change: bool) -> None:
        """Change the days and record the change."""
        retention.change_rule(obj, form.cleaned_data["days"], get_current_user(request))
