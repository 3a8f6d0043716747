"""The step by which an administrator sets the monthly quota of an API key or an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from accounts.admin_tools import ConfirmationStep, ReasonForm
from accounts.models import ApiKey, User
from accounts.usage.counters import Quota
from accounts.usage.quotas import count_month_pairs, set_monthly_quota


class QuotaForm(ReasonForm):
    """A form for the pairs a month, and the reason."""

    pairs = forms.IntegerField(
        label="Pairs a month",
        min_value=0,
        max_value=10**15,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Calendar months in UTC. Empty: no bound; 0: nothing may be compared.",
    )
    field_order = ("pairs", "reason")


def build_quota_step(owner: ApiKey | User, back: str) -> ConfirmationStep:
    """Return the step that sets the quota of a key or an account."""

    def perform(actor: User, data: Mapping[str, Any]) -> str:
        set_monthly_quota(owner, data["pairs"], actor, data["reason"])
        bound = "no bound" if data["pairs"] is None else f"{data['pairs']:,} pairs a month"
        return f"{owner} has {bound} from now on."

    quota = Quota("key" if isinstance(owner, ApiKey) else "account", owner.pk, owner.monthly_pairs or 0)
    now = "none" if owner.monthly_pairs is None else f"{owner.monthly_pairs:,}"
    facts = {"Quota now": now, "Pairs this month": f"{count_month_pairs(quota, timezone.now()):,}"}
    text = (
        "The owner is told at 80 % and at 100 %. What goes beyond is refused (429) until the month ends; "
        "reading results goes on. The quota of an account counts its pages and files too."
    )
    return ConfirmationStep(
        f"Monthly quota of {owner}", text, "Set the quota", back, perform, QuotaForm, facts=facts
    )
