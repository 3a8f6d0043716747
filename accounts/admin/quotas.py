"""The step by which an administrator sets the monthly quota of an API key or an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from accounts.admin_tools import ConfirmationStep, ReasonForm
from accounts.models import ApiKey, User
from accounts.numbers import fill, format_number
from accounts.usage.counters import Quota
from accounts.usage.quotas import count_month_pairs, set_monthly_quota


class QuotaForm(ReasonForm):
    """A form for the pairs a month, and the reason."""

    pairs = forms.IntegerField(
        label=gettext_lazy("Pairs a month"),
        min_value=0,
        max_value=10**15,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Calendar months in UTC. Empty: no bound; 0: nothing may be compared."),
    )
    field_order = ("pairs", "reason")


def build_quota_step(owner: ApiKey | User, back: str) -> ConfirmationStep:
    """Return the step that sets the quota of a key or an account."""

    def perform(actor: User, data: Mapping[str, Any]) -> str:
        set_monthly_quota(owner, data["pairs"], actor, data["reason"])
        bound = (
            gettext("no bound")
            if data["pairs"] is None
            else fill(gettext("{pairs:,} pairs a month"), pairs=data["pairs"])
        )
        return gettext("{owner} has {bound} from now on.").format(owner=owner, bound=bound)

    quota = Quota("key" if isinstance(owner, ApiKey) else "account", owner.pk, owner.monthly_pairs or 0)
    now = gettext("none") if owner.monthly_pairs is None else format_number(owner.monthly_pairs)
    facts = {
        gettext("Quota now"): now,
        gettext("Pairs this month"): format_number(count_month_pairs(quota, timezone.now())),
    }
    text = gettext(
        "The owner is told at 80 % and at 100 %. What goes beyond is refused (429) until the month ends; "
        "reading results goes on. The quota of an account counts its pages and files too."
    )
    return ConfirmationStep(
        gettext("Monthly quota of {owner}").format(owner=owner),
        text,
        gettext("Set the quota"),
        back,
        perform,
        QuotaForm,
        facts=facts,
    )
