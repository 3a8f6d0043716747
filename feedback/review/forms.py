"""The forms of the review pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.models import MAX_REASON_LENGTH, Clause, Decision, Guideline

POSTPONE_CHOICES = {
    "1": _("In one hour"),
    "4": _("In four hours"),
    "24": _("Tomorrow"),
    "72": _("In three days"),
    "168": _("In a week"),
}
"""Hours by which an item can be postponed, with their labels."""

PASS_CHOICES = {
    "skip": _("Skip: somebody else should decide it"),
    "postpone": _("Postpone: I decide it later"),
    "escalate": _("Escalate to a lead"),
    "park": _("Ask for a document"),
}
"""What a reviewer can do with an item instead of deciding it."""


def _build_decision_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=Decision.choices,
        coerce=Decision,
        error_messages={"required": _("Choose one of the three decisions.")},
    )


CONFIDENCE_CHOICES = {0.99: _("Certain"), 0.85: _("Fairly sure"), 0.6: _("Not very sure")}
"""How sure a reviewer can be, with labels."""


class DecisionForm(forms.Form):
    """One of the three decisions, with a reason where one is needed, and a clause if one decides it."""

    decision = _build_decision_field()
    text = forms.CharField(required=False, max_length=MAX_REASON_LENGTH)
    client_reason = forms.CharField(required=False, max_length=MAX_REASON_LENGTH)
    confidence = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        coerce=float,
        choices=[
            ("", _("Not stated")),
            *((str(value), label) for value, label in CONFIDENCE_CHOICES.items()),
        ],
    )
    clause = forms.ModelChoiceField(
        queryset=Clause.objects.none(),
        required=False,
        error_messages={
            "required": _("Cite the clause that decides it."),
            "invalid_choice": _("This clause is not in the guideline in force. Choose another one."),
        },
    )

    def __init__(self, *args: Any, guideline: Guideline | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clause"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Clause.objects.filter(guideline=guideline)

    def clean(self) -> dict[str, Any]:
        """Require the missing fact when the reviewer cannot tell."""
        data = super().clean() or {}
        if data.get("decision") == Decision.CANNOT_TELL and not data.get("text"):
            self.add_error("text", _("Say which fact is missing."))
        return data


class AdjudicationForm(DecisionForm):
    """The decision of an adjudication, which needs a reason and a clause."""

    text = forms.CharField(
        max_length=MAX_REASON_LENGTH,
        error_messages={"required": _("Give the reason; it becomes part of the precedent.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["clause"].required = True


class PassForm(forms.Form):
    """Skip, postpone, escalate or park an item, always with a reason."""

    do = forms.ChoiceField(
        choices=list(PASS_CHOICES.items()), error_messages={"required": _("Choose what to do with the item.")}
    )
    hours = forms.ChoiceField(choices=list(POSTPONE_CHOICES.items()), required=False)
    reason = forms.CharField(max_length=1_000, error_messages={"required": _("Say why, in a few words.")})

    def get_delay(self) -> timedelta:
        """Return by how long to postpone the item."""
        return timedelta(hours=int(self.cleaned_data["hours"] or 24))


class OverrideReasonForm(forms.Form):
    """The reason of a decision that overrides the model."""

    text = forms.CharField(
        max_length=MAX_REASON_LENGTH,
        error_messages={"required": _("Say why your decision overrides the model.")},
    )


class RevisionForm(forms.Form):
    """A second decision after the model's prediction was shown, always with a reason."""

    decision = _build_decision_field()
    text = forms.CharField(
        max_length=MAX_REASON_LENGTH, error_messages={"required": _("Give the reason of the revision.")}
    )


class AbsenceForm(forms.Form):
    """The last day of an absence."""

    until = forms.DateField(
        error_messages={"required": _("Say until which day."), "invalid": _("Not a date.")}
    )

    def get_end(self) -> datetime:
        """Return the end of the last day, in UTC."""
        day = self.cleaned_data["until"] + timedelta(days=1)
        return datetime.combine(day, time(), tzinfo=UTC)

    def clean_until(self) -> date:
        """Refuse a day in the past."""
        day: date = self.cleaned_data["until"]
        if day < timezone.now().date():
            raise forms.ValidationError(_("That day has passed."))
        return day
