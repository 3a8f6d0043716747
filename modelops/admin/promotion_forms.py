"""What is asked before a version is made live or rolled back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget


class ApprovalForm(forms.Form):
    """Asks for the reason to overrule red gates."""

    override = forms.CharField(
        label=gettext_lazy("Reason to overrule"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Only where a gate is red. Kept in the deployment and the audit trail; raises an alert."
        ),
    )


class RollbackForm(forms.Form):
    """Asks for the reason of a rollback; the generation is the one that the person saw."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Kept in the deployment and the audit trail. Do not write a compared name here."
        ),
    )
    generation = forms.IntegerField(label=gettext_lazy("Generation"), widget=forms.HiddenInput())
