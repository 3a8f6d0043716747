"""Admin of drift reports, references, thresholds, training decisions and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from accounts.numbers import format_number
from modelops.admin.formatting import sentence_column
from modelops.language import show_sentence
from modelops.models import (
    THRESHOLD_DEFAULTS,
    DriftReport,
    ModelMetric,
    Reference,
    Threshold,
    TrainingDecision,
)
from modelops.monitoring import measured_drift, thresholds, windows
from modelops.monitoring.thresholds import ThresholdError
from modelops.svg_charts import render_bar_chart


class MonitoringAdmin(ReadOnlyAdmin):
    """Base of long, read-only lists that monitoring writes."""

    actions = None
    paginator = BoundedPaginator
    show_full_result_count = False


@admin.register(DriftReport)
class DriftReportAdmin(MonitoringAdmin):
    """Comparisons of traffic with the reference."""

    list_display = (
        "end",
        "drift_state",
        "profile",
        "kind",
        "source",
        "span",
        "n",
        "shown_psi",
        "changed_verdicts",
        "reviewed",
        "wrong",
    )
    list_filter = ("drifted", "span", "profile", "kind", "source")
    list_select_related = ("model",)
    fields = ("consequence", "model", "profile", "kind", "source", "start", "end", "n", "reference")
    readonly_fields = fields
    actions_detail = ("accept",)
    change_form_after_template = "admin/modelops/drift.html"
    list_before_template = "admin/modelops/performance_drift.html"
    has_accept_permission = require_permission("modelops.accept_driftreport")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the large columns only for the page of one report."""
        rows = super().get_queryset(request).select_related("model", "reference")
        return (
            rows
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else rows.defer("shifts", "plots")
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Add how much each live version has lost since training, above the drift of its inputs."""
        context = {
            **(extra_context or {}),
            "losses": measured_drift.list_measured_drift(),
            "loss_threshold": thresholds.get_threshold("performance_drift"),
            "input_threshold": thresholds.get_threshold("drift"),
        }
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    @label_column(gettext_lazy("Drift"), "drifted", {"drift": "danger", "once": "warning", "none": "success"})
    def drift_state(self, report: DriftReport) -> tuple[str, str]:
        """Return state and label."""
        if report.drifted:
            return "drift", gettext("Drifted")
        return ("once", gettext("Shifted once")) if report.shifted_figures else ("none", gettext("No drift"))

    @admin.display(description=gettext_lazy("Largest PSI"), ordering="largest_psi")
    def shown_psi(self, report: DriftReport) -> str:
        """Return the largest PSI with two digits."""
        return format_number(report.largest_psi, ".2f")

    @admin.display(description=gettext_lazy("Consequence"))
    def consequence(self, report: DriftReport) -> str:
        """Return the effect on the verdicts."""
        return report.summary

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add charts of the figures with the largest shift, and of the verdicts."""
        report = DriftReport.objects.filter(pk=object_id).first() if _is_uuid(object_id) else None
        charts = [
            mark_safe(render_bar_chart(plot["figure"], plot["bins"], plot["reference"], plot["current"]))  # noqa: S308
            for plot in (report.plots if report else ())
        ]
        context = {**(extra_context or {}), "charts": charts}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    @admin_button(gettext_lazy("Accept as the new reference"), "accept")
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Accept the traffic of this report as the new reference."""
        report = get_object_or_404(DriftReport.objects.select_related("model", "reference"), pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            windows.accept_reference(report, actor, cleaned["reason"])
            return gettext("Accepted. The next windows are compared with this traffic.")

        text = gettext(
            "Later traffic of this version, profile, kind and source is compared with that of this report."
        )
        back = reverse("admin:modelops_driftreport_change", args=[report.pk])
        facts = {gettext("Report"): report, gettext("Consequence"): report.summary}
        step = ConfirmationStep(
            gettext("Accept as the new reference?"),
            text,
            gettext("Accept"),
            back,
            perform,
            ReasonForm,
            (),
            facts,
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Reference)
class ReferenceAdmin(MonitoringAdmin):
    """Histograms that traffic is compared with."""

    list_display = ("created_at", "model", "profile", "kind", "source", "origin", "n", "created_by")
    list_filter = ("origin", "profile", "kind")
    list_select_related = ("model", "created_by")
    fields = (*list_display, "reason")
    readonly_fields = fields


class ThresholdForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Asks for a threshold, its new value and a reason."""

    class Meta:
        model = Threshold
        fields = ("name", "value", "reason")

    def clean(self) -> dict[str, Any]:
        """Refuse a value that is out of range or unchanged."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "name" in cleaned and "value" in cleaned:
            try:
                thresholds.check_threshold(cleaned["name"], cleaned["value"])
            except ThresholdError as refusal:
                raise ValidationError(str(refusal)) from refusal
        return cleaned


@admin.register(Threshold)
class ThresholdAdmin(MonitoringAdmin):
    """Thresholds: current values above the list, their history in it."""

    form = ThresholdForm
    list_before_template = "admin/modelops/thresholds.html"
    list_display = ("name", "value", "previous", "changed_by", "changed_at", "reason")
    list_filter = ("name",)
    list_select_related = ("changed_by",)
    has_add_permission = require_permission("modelops.add_threshold")

    def get_fields(self, request: HttpRequest, obj: Threshold | None = None) -> tuple[str, ...]:
        """Return the form fields of a new row, or all columns of an existing one."""
        return self.list_display if obj else ("name", "value", "reason")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Add the current values, shown above the history."""
        current = [
            {
                "name": name,
                "value": f"{thresholds.get_exact_threshold(name).normalize():f}",
                "meaning": meaning,
            }
            for name, (_, meaning) in THRESHOLD_DEFAULTS.items()
        ]
        context = {**(extra_context or {}), "thresholds": current}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Threshold, form: Any, change: bool) -> None:
        """Set the threshold through the service, which audits it."""
        actor = get_current_user(request)
        obj.pk = thresholds.change_threshold(obj.name, Decimal(obj.value), actor, obj.reason).pk


@admin.register(TrainingDecision)
class TrainingDecisionAdmin(MonitoringAdmin):
    """Decisions whether to train automatically, with their reasons."""

    list_display = ("at", "decision_label", "why", "model", "run")
    list_filter = ("should_train",)
    list_select_related = ("model", "run")
    fields = ("at", "should_train", "why", "condition_table", "obstacle_list", "model", "run")
    readonly_fields = fields
    why = sentence_column("reason", gettext_lazy("Reason"))

    @label_column(gettext_lazy("Decision"), "should_train", {"train": "success", "wait": "info"})
    def decision_label(self, decision: TrainingDecision) -> tuple[str, str]:
        """Return decision and label."""
        return ("train", gettext("Train")) if decision.should_train else ("wait", gettext("Do not train"))

    @admin.display(description=gettext_lazy("Obstacles"))
    def obstacle_list(self, decision: TrainingDecision) -> str:
        """Return what prevented a training."""
        return "; ".join([show_sentence(obstacle) for obstacle in decision.obstacles]) or "-"

    @admin.display(description=gettext_lazy("Conditions"))
    def condition_table(self, decision: TrainingDecision) -> SafeString:
        """Return a table of the conditions with measured values and thresholds."""
        rows = [
            (
                row["name"],
                show_sentence(row["summary"]),
                format_number(row["limit"], "g"),
                gettext("met") if row["met"] else gettext("not met"),
            )
            for row in decision.conditions
        ]
        return _render_table(
            (gettext("Condition"), gettext("Measured"), gettext("Threshold"), gettext("Met")), rows
        )


@admin.register(ModelMetric)
class ModelMetricAdmin(MonitoringAdmin):
    """Metrics of the versions, newest first."""

    list_display = ("recorded_at", "model", "metric_name", "metric_value", "n", "window", "slice")
    list_filter = ("metric_name",)
    list_select_related = ("model",)
    search_fields = ("window__startswith", "metric_name__startswith")
    fields = list_display
    readonly_fields = list_display


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _render_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> SafeString:
    """Return a plain table that scrolls on narrow screens."""
    cells = '<td class="py-1 pr-4">{}</td>' * len(heads)
    head = '<th scope="col" class="py-1 pr-4 text-left">{}</th>'
    return format_html(
        '<div class="overflow-x-auto" tabindex="0"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        format_html_join("", head, ((name,) for name in heads)),
        format_html_join("", f"<tr>{cells}</tr>", rows),
    )
