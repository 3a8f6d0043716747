"""What the admin pages of every app share: history that cannot be edited, lists that stay fast, steps that a
person confirms on a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import User

F = TypeVar("F", bound=Callable[..., Any])

_MAX_ROWS = 10_000
"""Rows a list counts and pages through at most; what lies behind is found by filters."""


def admin_button(description: str, permission: str) -> Callable[[F], F]:
    """Make a method a button of the page for those whom ``has_<permission>_permission`` lets through."""
    return cast("Callable[[F], F]", action(description=description, permissions=[permission]))


def label_column(description: str, ordering: str, colours: Mapping[Any, str]) -> Callable[[F], F]:
    """Make a method a column of coloured labels; it returns the key of the colour and the text."""
    return cast("Callable[[F], F]", display(description=description, ordering=ordering, label=colours))


def require_permission(permission: str) -> Callable[..., bool]:
    """Return a method that asks for one permission, for the place of ``has_<something>_permission``.

    The theme's own way to name a permission reads the database while the program starts, before there is one.
    """

    def has_permission(_admin: Any, request: HttpRequest, _obj: Any = None) -> bool:
        return request.user.has_perm(permission)

    return has_permission


def deny_everyone(_admin: Any, _request: HttpRequest, _obj: Any = None) -> bool:
    """Refuse everybody: put in the place of ``has_change_permission`` where history must not change."""
    return False


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # the theme is untyped
    """Pages of a table that only the program writes: nobody adds, changes or deletes a row."""

    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts as far as anybody pages, so that a list is as fast at ten million rows as at ten thousand."""

    @cached_property
    def count(self) -> int:
        """Number of rows, at most ten thousand."""
        rows: Any = self.object_list
        return int(rows.order_by()[:_MAX_ROWS].count())


class ReasonForm(forms.Form):
    """Asks why; the answer goes into the audit trail."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept in the audit trail. Do not write a compared name here.",
    )


class ConfirmationForm(forms.Form):
    """Asks nothing but to confirm."""


@dataclass(frozen=True)
class ConfirmationStep:
    """A change that a person confirms: what it is, what it asks, what it does, what may refuse it.

    ``perform`` gets the person and the form's answers and returns the sentence to show.
    """

    title: str
    explanation: str
    button_label: str
    back_url: str
    perform: Callable[[User, Mapping[str, Any]], str]
    form_class: type[forms.Form] = ConfirmationForm
    expected_errors: tuple[type[Exception], ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    panel_html: str = ""
    """Safe HTML below the facts."""


def handle_confirmation(site: AdminSite, request: HttpRequest, step: ConfirmationStep) -> HttpResponse:
    """Show the step; when it was confirmed, do it and go back. A refusal is shown on the page."""
    form = step.form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and isinstance(request.user, User):
        try:
            messages.success(request, step.perform(request.user, form.cleaned_data))
            return HttpResponseRedirect(step.back_url)
        except step.expected_errors as refusal:
            form.add_error(None, str(refusal))
    context = {**site.each_context(request), "title": step.title, "step": step, "form": form}
    return TemplateResponse(request, "admin/step.html", context)
