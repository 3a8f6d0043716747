"""What a reviewer sends from the desk, checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from feedback.models import MAX_REASON_LENGTH, Clause, Decision, Guideline

POSTPONE_CHOICES = {
    "1": "In one hour",
    "4": "In four hours",
    "24": "Tomorrow",
    "72": "In three days",
    "168": "In a week",
}
"""Hours an item may be put off, with their words."""

PASS_CHOICES = {
    "skip": "Skip: somebody else should judge it",
    "postpone": "Postpone: I judge it later",
    "escalate": "Escalate to a lead",
    "park": "Ask for a document",
}
"""What can be done with an item instead of deciding it."""


def _build_decision_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=Decision.choices,
        coerce=Decision,
        error_messages={"required": "Choose one of the three answers."},
    )


class DecisionForm(forms.Form):
    """One of the three answers, with a reason where one is needed."""

    decision = _build_decision_field()
    text = forms.CharField(required=False, max_length=MAX_REASON_LENGTH)
    confidence = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        coerce=float,
        choices=[("", "Not said"), ("0.99", "Certain"), ("0.85", "Fairly sure"), ("0.6", "Not very sure")],
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the missing fact when the reviewer cannot tell."""
        given = super().clean() or {}
        if given.get("decision") == Decision.CANNOT_TELL and not given.get("text"):
            self.add_error("text", "Say which fact is missing.")
        return given


class AdjudicationForm(DecisionForm):
    """A third person's decision: gives a reason and cites a clause of the guideline in force."""

    text = forms.CharField(
        max_length=MAX_REASON_LENGTH, error_messages={"required": "Say why, for those who come after."}
    )
    clause = forms.ModelChoiceField(
        queryset=Clause.objects.none(), error_messages={"required": "Cite the clause that decides it."}
    )

    def __init__(self, *args: Any, guideline: Guideline | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clause"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Clause.objects.filter(guideline=guideline)


class PassForm(forms.Form):
    """Putting an item off or passing it on; always with a reason."""

    do = forms.ChoiceField(
        choices=list(PASS_CHOICES.items()), error_messages={"required": "Choose what to do with the item."}
    )
    hours = forms.ChoiceField(choices=list(POSTPONE_CHOICES.items()), required=False)
    reason = forms.CharField(max_length=1_000, error_messages={"required": "Say why, in a few words."})

    def get_delay(self) -> timedelta:
        """How long to put the item off."""
        return timedelta(hours=int(self.cleaned_data["hours"] or 24))


class OverrideReasonForm(forms.Form):
    """Why a decision goes against the model."""

    text = forms.CharField(
        max_length=MAX_REASON_LENGTH, error_messages={"required": "Say why you decide otherwise."}
    )


class RevisionForm(forms.Form):
    """Another answer after the model's was seen; always with a reason."""

    decision = _build_decision_field()
    text = forms.CharField(
        max_length=MAX_REASON_LENGTH, error_messages={"required": "Say what changed your mind."}
    )


class AbsenceForm(forms.Form):
    """Until when somebody is out of office."""

    until = forms.DateField(error_messages={"required": "Say until which day.", "invalid": "Not a date."})

    def get_end(self) -> datetime:
        """The end of the last day of the absence."""
        day = self.cleaned_data["until"] + timedelta(days=1)
        return datetime.combine(day, time(), tzinfo=UTC)

    def clean_until(self) -> date:
        """Refuse a day that has passed."""
        day: date = self.cleaned_data["until"]
        if day < timezone.now().date():
            raise forms.ValidationError("That day has passed.")
        return day
