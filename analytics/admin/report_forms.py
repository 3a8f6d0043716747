"""The form above reports: period and filters, sent with GET so that a report has an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.language.sentences import Text
from accounts.models import Role, User
from analytics.reports.people import load_users
from analytics.reports.period import (
    DEFAULT_PRESET,
    PRESETS,
    PeriodError,
    ReportFilter,
    ReportPeriod,
    build_period,
)
from matching.compare.available_profiles import get_available_profiles
from matching.engine import Kind
from matching.models import PredictionSource, ReviewStream

_MAX_CLIENTS = 200
_UNCOUNTED = (PredictionSource.IMPORT, PredictionSource.GOLD)
_EVERY = ("", gettext_lazy("All"))


class _DateInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]  # the theme is untyped
    input_type = "date"


class ReportForm(forms.Form):
    """Period and filters; two dates go before a preset."""

    preset = forms.ChoiceField(
        label=gettext_lazy("Period"),
        required=False,
        choices=[(id_, title) for id_, (title, _) in PRESETS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    first = forms.DateField(label=gettext_lazy("or from"), required=False, widget=_DateInput)
    last = forms.DateField(label=gettext_lazy("to"), required=False, widget=_DateInput)
    profile = forms.ChoiceField(label=gettext_lazy("Profile"), required=False, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, widget=UnfoldAdminSelectWidget)
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False, widget=UnfoldAdminSelectWidget)
    client = forms.ChoiceField(label=gettext_lazy("Client"), required=False, widget=UnfoldAdminSelectWidget)
    stream = forms.ChoiceField(label=gettext_lazy("stream"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, data: Any, today: date, show_names: bool, names: Sequence[str]) -> None:
        """Ask for the fields of ``names``."""
        super().__init__({"preset": DEFAULT_PRESET, **data})
        self._today = today
        self._set_choices("profile", [(name, name) for name in get_available_profiles()])
        self._set_choices(
            "kind", [*((kind.value, kind.value) for kind in Kind), ("auto", gettext("auto (files)"))]
        )
        sources = [(value, label) for value, label in PredictionSource.choices if value not in _UNCOUNTED]
        self._set_choices("source", sources)
        self._set_choices("client", _list_clients(show_names))
        self._set_choices("stream", list(ReviewStream.choices))
        for name in set(self.fields) - set(names):
            del self.fields[name]

    def _set_choices(self, name: str, choices: Sequence[tuple[str, Text]]) -> None:
        self.fields[name].choices = [_EVERY, *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check the period as a whole."""
        data = super().clean() or {}
        if not self.errors:
            try:
                self._build_period(data)
            except PeriodError as error:
                self.add_error("first", str(error))
        return data

    def get_period(self) -> ReportPeriod:
        """Return the period; of a form with errors, the usual one."""
        data = self.cleaned_data if self.is_valid() else {}
        return self._build_period(data)

    def get_filter(self) -> ReportFilter:
        """Return the filters; of a form with errors, none."""
        data = self.cleaned_data if self.is_valid() else {}
        client = data.get("client")
        texts = {name: data.get(name, "") for name in ("profile", "kind", "source")}
        return ReportFilter(**texts, client=UUID(client) if client else None)

    def get_stream(self) -> str:
        """Return the stream of items; of a form with errors, none."""
        return str(self.cleaned_data.get("stream", "")) if self.is_valid() else ""

    def _build_period(self, data: dict[str, Any]) -> ReportPeriod:
        preset = data.get("preset") or DEFAULT_PRESET
        return build_period(preset, data.get("first"), data.get("last"), self._today)


def _list_clients(show_names: bool) -> list[tuple[str, str]]:
    keys = User.objects.filter(role=Role.CLIENT).order_by("email").values_list("pk", flat=True)[:_MAX_CLIENTS]
    users = load_users(list(keys), show_names)
    return [(str(key), str(users[key])) for key in keys]
