"""Tools of the admin pages of every app: read-only tables, bounded lists, and confirmation pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.language.sentences import Text
from accounts.models import User
from accounts.numbers import format_number

F = TypeVar("F", bound=Callable[..., Any])

_MAX_ROWS = 10_000
"""The most rows that a list counts and pages through; older rows are found by filters."""

_ROWS_AHEAD = 1_000
"""Rows that a list counts beyond the page that it shows."""


def admin_button(description: Text, permission: str) -> Callable[[F], F]:
    """Return a decorator for a page button, which is shown if ``has_<permission>_permission`` allows it."""
    return cast("Callable[[F], F]", action(description=description, permissions=[permission]))


class ColouredLabel(tuple[str, Text]):
    """The key of a colour and a text: a coloured label in a list, the text alone on the page of one row."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self[1])


def label_column(
    description: Text, ordering: str, colours: Mapping[Any, str]
) -> Callable[[Callable[[Any, Any], tuple[str, Text]]], Callable[[Any, Any], ColouredLabel]]:
    """Return a decorator that makes a method a column of coloured labels.

    The method returns the key of the colour and the text.
    """

    def decorate(method: Callable[[Any, Any], tuple[str, Text]]) -> Callable[[Any, Any], ColouredLabel]:
        @display(description=description, ordering=ordering, label=colours)  # type: ignore[untyped-decorator]  # the theme is untyped
        @wraps(method)
        def column(model_admin: Any, row: Any) -> ColouredLabel:
            return ColouredLabel(method(model_admin, row))

        return cast("Callable[[Any, Any], ColouredLabel]", column)

    return decorate


def require_permission(permission: str) -> Callable[..., bool]:
    """Return a method for ``has_<name>_permission`` that requires one permission.

    The theme's own option for a named permission reads the database at start-up, before it may exist.
    """

    def has_permission(_admin: Any, request: HttpRequest, _obj: Any = None) -> bool:
        return request.user.has_perm(permission)

    return has_permission


def deny_everyone(_admin: Any, _request: HttpRequest, _obj: Any = None) -> bool:
    """Refuse every user; assigned to ``has_change_permission`` and the like where rows must not change."""
    return False


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # the theme is untyped
    """The admin of a table that only the program writes: no user adds, changes or deletes a row."""

    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone

    def get_paginator(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Return the paginator, which counts some rows beyond the page that is asked for."""
        paginator = super().get_paginator(request, *args, **options)
        if isinstance(paginator, BoundedPaginator):
            paginator.count_beyond(request.GET.get(PAGE_VAR, ""))
        return paginator


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts at most ``_MAX_ROWS`` rows, so that lists of millions of rows stay fast."""

    max_rows = _MAX_ROWS

    def count_beyond(self, page: str) -> None:
        """Count to ``_ROWS_AHEAD`` rows beyond a page: every page leads to further ones."""
        number = int(page) if page.isdecimal() and len(page) < len(str(_MAX_ROWS)) else 1
        self.max_rows = min(_MAX_ROWS, number * self.per_page + _ROWS_AHEAD)

    @cached_property
    def count(self) -> int:
        """Number of rows, at most ``max_rows``."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.max_rows].count())

    @property
    def shown_count(self) -> str:
        """The number as lists show it: with a plus where there may be more rows."""
        return f"{format_number(self.count)}{'+' if self.count == self.max_rows else ''}"


class ReasonForm(forms.Form):
    """A form for the reason, which is recorded in the audit trail."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the audit trail. Do not write a compared name here."),
    )


class ConfirmationForm(forms.Form):
    """A form without fields."""


@dataclass(frozen=True)
class ConfirmationStep:
    """A change that a user confirms on a page of its own.

    ``perform`` receives the user and the cleaned data of the form and returns the message to show; exceptions
    of the types in ``expected_errors`` are shown as form errors.
    """

    title: Text
    explanation: Text
    button_label: Text
    back_url: str
    perform: Callable[[User, Mapping[str, Any]], Text]
    form_class: Callable[..., forms.Form] = ConfirmationForm
    expected_errors: tuple[type[Exception], ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    panel_html: str = ""
    """Trusted HTML shown below the facts."""


def handle_confirmation(site: AdminSite, request: HttpRequest, step: ConfirmationStep) -> HttpResponse:
    """Show the confirmation page; on a valid submission perform the change and redirect to ``back_url``."""
    form = step.form_class(request.POST, request.FILES) if request.method == "POST" else step.form_class()
    if form.is_bound and form.is_valid() and isinstance(request.user, User):
        try:
            messages.success(request, step.perform(request.user, form.cleaned_data))
            return HttpResponseRedirect(step.back_url)
        except step.expected_errors as error:
            form.add_error(None, str(error))
    context = {**site.each_context(request), "title": step.title, "step": step, "form": form}
    return TemplateResponse(request, "admin/step.html", context)
