"""Forms of experiments: the draft, and what the steps of a running one ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.admin_tools import ReasonForm
from experiments.metrics import ACCURACY, DEFAULT_MARGINS, GUARDRAIL_CHOICES, RECORDED, is_recordable
from experiments.models import Experiment
from experiments.services import DRAFT_FIELDS
from matching.compare.available_profiles import get_available_profiles
from modelops.models import EVERY_PROFILE, Deployment, ModelVersion, ServingRole, describe_profile

GUARDRAIL_FIELDS = {f"guardrail_{id_}": gettext_lazy(title) for id_, title in GUARDRAIL_CHOICES}
_MARGIN_HELP = {
    "latency_ms": gettext_lazy("0.25: B may be 25 % slower than A. Empty: no guardrail."),
    "gold_recall": gettext_lazy("0: B must find every material gold item that A finds. Empty: no guardrail."),
}
_SHARE_HELP = gettext_lazy("0.02: the share may be 2 points worse than A's. Empty: no guardrail.")


class ExperimentForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A draft with the margins of its guardrails."""

    profile = forms.ChoiceField(label=gettext_lazy("Profile"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Experiment
        fields = DRAFT_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "model_a" not in self.fields:  # the page shows a started experiment without its form
            return
        names = [EVERY_PROFILE, *get_available_profiles()]
        self.fields["profile"].choices = [(name, describe_profile(name)) for name in names]  # type: ignore[attr-defined]
        versions = ModelVersion.objects.filter(is_active=True)
        for arm in ("model_a", "model_b"):
            self.fields[arm].queryset = versions  # type: ignore[attr-defined]
        if not self.instance.created_by_id:
            self.fields["model_a"].initial = _find_champion()
            self.fields["planned_end"].initial = _suggest_end()
        self._set_margins()

    def _set_margins(self) -> None:
        stored = (
            {row.metric: row.margin for row in self.instance.guardrails.all()} if self._is_stored() else None
        )
        for name, field in self.fields.items():
            if name in GUARDRAIL_FIELDS:
                metric = name.removeprefix("guardrail_")
                field.initial = (DEFAULT_MARGINS if stored is None else stored).get(metric)

    def _is_stored(self) -> bool:
        return not self.instance._state.adding

    def clean(self) -> dict[str, Any]:
        """Say of each field what is wrong with it, before the database refuses the row."""
        data = super().clean() or {}
        for name, problem in _find_problems(data).items():
            self.add_error(name, problem)
        return data

    def get_margins(self) -> dict[str, Decimal]:
        """Return the margins of the guardrails that are set, by metric."""
        found = {name.removeprefix("guardrail_"): self.cleaned_data.get(name) for name in GUARDRAIL_FIELDS}
        return {metric: margin for metric, margin in found.items() if margin is not None}


def build_margin_fields() -> dict[str, forms.DecimalField]:
    """Return one optional field for each metric that can guard."""
    return {
        name: forms.DecimalField(
            label=title,
            required=False,
            min_value=0,
            max_digits=6,
            decimal_places=4,
            widget=UnfoldAdminDecimalFieldWidget,
            help_text=_MARGIN_HELP.get(name.removeprefix("guardrail_"), _SHARE_HELP),
        )
        for name, title in GUARDRAIL_FIELDS.items()
    }


# The admin makes a class of its own from the declared fields.
ExperimentForm.declared_fields |= build_margin_fields()
ExperimentForm.base_fields |= ExperimentForm.declared_fields


class StartForm(forms.Form):
    """Asks why an experiment that cannot conclude is started."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed where the forecast says that the experiment cannot conclude."),
    )


class SplitForm(ReasonForm):
    """Asks for the shares of the next phase."""

    traffic_split = forms.DecimalField(
        label=gettext_lazy("Share of A"),
        min_value=Decimal("0.01"),
        max_value=Decimal("0.99"),
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Share of the enrolled users that gets A; the others get B."),
    )
    enrolled_share = forms.DecimalField(
        label=gettext_lazy("Enrolled share"),
        min_value=Decimal("0.01"),
        max_value=Decimal("1"),
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Share of all users that is enrolled."),
    )
    field_order = ("traffic_split", "enrolled_share", "reason")


def _find_champion() -> Any:
    live = Deployment.objects.live().filter(role=ServingRole.CHAMPION, profile=EVERY_PROFILE)
    return live.values_list("model_id", flat=True).first()


def _suggest_end() -> datetime:
    """Return the midnight (UTC) in four weeks: with a planned end, users are judged by planned looks."""
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=28)


def _find_problems(data: dict[str, Any]) -> dict[str, str]:
    """Return the problem of each field of a draft."""
    return {
        name: text
        for name, text, is_wrong in (
            ("model_b", gettext("Choose another version than A."), _same(data, "model_a", "model_b")),
            (
                "traffic_split",
                gettext("A share between 0.01 and 0.99."),
                not 0 < data.get("traffic_split", 0.5) < 1,
            ),
            ("enrolled_share", gettext("A share from 0 to 1."), not 0 <= data.get("enrolled_share", 1) <= 1),
            (
                "enrolled_share",
                gettext("0 is possible only where accuracy is the primary metric."),
                _needs_users(data),
            ),
            ("smallest_effect", gettext("More than 0; for accuracy less than 0.5."), _effect_is_wrong(data)),
            (
                "recorded_metric",
                gettext("Lower-case letters, digits and _; no metric that is measured."),
                _is_unnamed(data),
            ),
            ("planned_end", gettext("This time has passed."), _has_passed(data)),
        )
        if is_wrong
    }


def _same(data: dict[str, Any], one: str, other: str) -> bool:
    return data.get(one) is not None and data.get(one) == data.get(other)


def _needs_users(data: dict[str, Any]) -> bool:
    return data.get("enrolled_share") == 0 and data.get("primary_metric") != ACCURACY


def _effect_is_wrong(data: dict[str, Any]) -> bool:
    effect = data.get("smallest_effect")
    too_large = data.get("primary_metric") == ACCURACY and (effect or 0) >= Decimal("0.5")
    return effect is not None and (effect <= 0 or too_large)


def _is_unnamed(data: dict[str, Any]) -> bool:
    return data.get("primary_metric") == RECORDED and not is_recordable(data.get("recorded_metric") or "")


def _has_passed(data: dict[str, Any]) -> bool:
    end = data.get("planned_end")
    return end is not None and end <= timezone.now()
