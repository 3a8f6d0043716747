"""The pages on which a lead changes many review items: who gets them, when they are due, what stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.admin.item_filters import list_reviewers
from feedback.leads import changes
from feedback.leads.changes import MAX_ITEMS, Outcome, Urgency
from feedback.models import ReviewItem
from feedback.review.queue import ReviewerAbsentError

_PRIORITIES = (
    ("30", _("Urgent, as an objection of a client")),
    ("20", _("High, as a request")),
    ("10", _("Normal")),
    ("5", _("Low, as a random audit")),
)


def _build_reason_field(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=help_text,
    )


class AssignForm(forms.Form):
    """The reviewer to assign items to."""

    person = forms.ModelChoiceField(
        queryset=list_reviewers(),
        required=False,
        label=_("Assign to"),
        empty_label=_("Anybody"),
        widget=UnfoldAdminSelectWidget(),
    )


class ReturnForm(forms.Form):
    """Why items return to the queue."""

    reason = _build_reason_field(_("The next reviewer reads it. Write nothing about the answer."))


class UrgencyForm(forms.Form):
    """Another priority, another due time, or both, and why."""

    priority = forms.TypedChoiceField(
        label=_("Priority"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("As it is")), *_PRIORITIES],
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Without a due time it sets that too, by the profile and from the time of each item on."),
    )
    due_at = forms.DateTimeField(
        label=_("Due (UTC)"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    reason = _build_reason_field(_("Kept with the items; reviewers do not read it."))

    def clean_due_at(self) -> datetime | None:
        """Read the time as UTC and refuse one that has passed."""
        due_at: datetime | None = self.cleaned_data["due_at"]
        due_at = due_at and due_at.replace(tzinfo=UTC)
        if due_at and due_at < timezone.now():
            raise forms.ValidationError(_("That time has passed."))
        return due_at

    def clean(self) -> dict[str, Any]:
        """Require something to change."""
        data = self.cleaned_data
        if not data.get("priority") and not data.get("due_at") and not self.errors:
            raise forms.ValidationError(_("Choose a priority or a due time."))
        return data


class WithdrawForm(forms.Form):
    """Why items are withdrawn."""

    reason = _build_reason_field(_("Kept with the items; the requester reads only that it was withdrawn."))


@dataclass(frozen=True)
class ItemChange:
    """One change of many items: the page that asks for it, and the function that makes it."""

    action: str
    title: str | Promise
    explanation: str | Promise
    button_label: str | Promise
    form_class: type[forms.Form]
    perform: Callable[[Sequence[UUID], User, Mapping[str, Any]], Outcome]


ASSIGNMENT = ItemChange(
    "assign",
    _("Assign items"),
    _("They come first there. Items that a reviewer has begun, and those this person may not decide, stay."),
    _("Assign"),
    AssignForm,
    lambda keys, actor, data: changes.assign_items(keys, data["person"], actor),
)
RETURN = ItemChange(
    "return_to_queue",
    _("Return items to the queue"),
    _(
        "Whoever has begun one loses it; what they typed is kept for them as a draft. An item that waits for "
        "a document is given out without it."
    ),
    _("Return to the queue"),
    ReturnForm,
    lambda keys, actor, data: changes.return_items(keys, actor, data["reason"]),
)
URGENCY = ItemChange(
    "change_urgency",
    _("Change priority or due time"),
    _("The due time decides which item is given out next."),
    _("Change"),
    UrgencyForm,
    lambda keys, actor, data: changes.change_urgency(
        keys, actor, Urgency(data["priority"], data["due_at"]), data["reason"]
    ),
)
WITHDRAWAL = ItemChange(
    "withdraw",
    _("Withdraw items"),
    _(
        "They are closed without a decision, with the requests they come from; that cannot be undone. Second "
        "reviews, adjudications and the random audit stay."
    ),
    _("Withdraw"),
    WithdrawForm,
    lambda keys, actor, data: changes.withdraw_items(keys, actor, data["reason"]),
)


def ask_for_change(
    site: AdminSite, request: HttpRequest, rows: QuerySet[ReviewItem], change: ItemChange
) -> HttpResponse:
    """Ask for what a change needs; once it is sent, make it and say what was changed and what not."""
    keys = [UUID(key) for key in request.POST.getlist("keys")] or list(
        rows.values_list("pk", flat=True)[: MAX_ITEMS + 1]
    )
    back = request.get_full_path()
    if len(keys) > MAX_ITEMS:
        text = gettext("Choose at most {count} items at a time.").format(count=MAX_ITEMS)
        messages.error(request, text)
        return HttpResponseRedirect(back)
    form = change.form_class(request.POST if "apply" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            outcome = change.perform(keys, get_current_user(request), form.cleaned_data)
        except ReviewerAbsentError as refusal:
            form.add_error(None, str(refusal))
        else:
            tell = messages.success if outcome.changed else messages.warning
            tell(request, outcome.describe())
            return HttpResponseRedirect(back)
    context = {**site.each_context(request), "title": change.title, "change": change, "form": form}
    context |= {"keys": keys, "back": back, "hidden": _list_hidden_fields(change, keys)}
    return TemplateResponse(request, "admin/items/change.html", context)


def _list_hidden_fields(change: ItemChange, keys: Sequence[UUID]) -> list[tuple[str, object]]:
    """Return what the form sends besides its fields: the action of the list, and every chosen item."""
    chosen = [("_selected_action", key) for key in keys[:1]] + [("keys", key) for key in keys]
    return [("action", change.action), ("apply", "1"), *chosen]
