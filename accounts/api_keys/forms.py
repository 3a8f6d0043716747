"""The form of a new API key."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.auth.users import API_KEY_SCOPES

DEFAULT_LIFETIME_DAYS = 90
LIFETIMES = ((30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("1 year")))
"""Days after which a key of self-service expires; administrators make keys of other lifetimes."""

DEFAULT_SCOPES = ("compare", "read")

OVERLAPS = ((24, _("1 day")), (72, _("3 days")), (168, _("7 days")), (0, _("no time: it has leaked")))
"""Hours for which a replaced key works beside its successor."""


class NewKeyForm(forms.Form):
    """What uses the key, what it may do, and how long."""

    name = forms.CharField(
        max_length=100, error_messages={"required": _("Say what uses this key, such as “intake system”.")}
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in API_KEY_SCOPES],
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )
    days = forms.TypedChoiceField(
        choices=LIFETIMES,
        coerce=int,
        error_messages={
            "required": _("Choose how long it works."),
            "invalid_choice": _("Choose how long it works."),
        },
    )

    def get_lifetime(self) -> timedelta:
        """Return how long the key works."""
        return timedelta(days=self.cleaned_data["days"])


class RotationForm(forms.Form):
    """How long the old key works beside the new one."""

    hours = forms.TypedChoiceField(choices=OVERLAPS, coerce=int)

    def get_overlap(self) -> timedelta:
        """Return the time in which both keys work."""
        return timedelta(hours=self.cleaned_data["hours"])
