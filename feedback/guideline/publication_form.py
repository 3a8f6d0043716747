"""The form that confirms the publication of a draft."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_SUMMARY_LENGTH = 4_000
"""Most characters that say what changed."""


class PublicationForm(forms.Form):
    """What changed and why, that the changes were read, and the state of the draft that was read."""

    summary = forms.CharField(
        max_length=MAX_SUMMARY_LENGTH,
        error_messages={"required": _("Say what changed and why; reviewers read it above the new version.")},
    )
    is_confirmed = forms.BooleanField(
        error_messages={"required": _("Confirm that you have read the changes.")},
    )
    fingerprint = forms.CharField(max_length=64)
