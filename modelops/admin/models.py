"""Admin of versions, promotion requests, live slots, deployments and periodic jobs."""

from __future__ import annotations

from typing import Any

import structlog
from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from kombu.exceptions import OperationalError
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationForm,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.models import User
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.models import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    JobRun,
    LiveSlot,
    ModelMetric,
    ModelVersion,
    PromotionRequest,
    ServingRole,
)
from modelops.serving.loader import ArtefactVerificationError, read_verified_artefact
from modelops.serving.model_refresher import describe_unready_processes
from modelops.validation import gate_checks

log = structlog.get_logger(__name__)

_PEOPLE_FIELDS = ("requested_by", "approved_by")
_COLLAPSED_HTML = '<details><summary>Show</summary><pre class="whitespace-pre-wrap">{}</pre></details>'
_EXPECTED_ERRORS = (PromotionError, ArtefactVerificationError)


class PromotionForm(forms.Form):
    """Asks for profile, role and reason of a promotion."""

    profile = forms.CharField(
        initial=EVERY_PROFILE,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
        help_text="* stands for all profiles without a model of their own.",
    )
    role = forms.ChoiceField(choices=ServingRole.choices, widget=UnfoldAdminSelectWidget())
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class ApprovalForm(forms.Form):
    """Asks for the reason to overrule red gates."""

    override = forms.CharField(
        label="Reason to overrule",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Only where a gate is red. Kept in the deployment and the audit trail; raises an alert.",
    )


class MetricInline(TabularInline):  # type: ignore[misc]  # the package ships no types
    """Metrics of a version."""

    model = ModelMetric
    fields = ("metric_name", "slice", "window", "metric_value", "n", "recorded_at")
    readonly_fields = fields
    extra = 0
    per_page = 20
    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Registered versions, which never change."""

    list_display = ("name", "version", "accuracy", "is_active", "created_at", "registered_by")
    list_filter = ("is_active",)
    list_select_related = ("registered_by",)
    search_fields = ("name", "version")
    fields = (
        "name",
        "version",
        "accuracy",
        "is_active",
        "created_at",
        "registered_by",
        "artefact_digest",
        "schema_hash",
        "libraries",
        "datasets",
        "metrics",
        "model_card",
        "model_path",
        "mlflow_run_id",
    )
    readonly_fields = fields
    inlines = (MetricInline,)
    actions = None
    actions_detail = ("ask_for_promotion", "verify_artefact")
    has_verify_artefact_permission = require_permission("modelops.verify_modelversion")
    has_ask_for_promotion_permission = require_permission("modelops.request_deployment")

    @admin.display(description="SHA-256 of the artefact")
    def artefact_digest(self, version: ModelVersion) -> str:
        """Return the digest of the bytes that are served."""
        return version.artefact_id

    @admin.display(description="Model card")
    def model_card(self, version: ModelVersion) -> str:
        """Return the model card, collapsed."""
        return format_html(_COLLAPSED_HTML, version.card) if version.card else "-"

    @admin_button("Request promotion", "ask_for_promotion")
    def ask_for_promotion(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request that this version be made live; another person approves."""
        version = get_object_or_404(ModelVersion, pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            slot = cleaned["profile"], cleaned["role"]
            created = promotion.request_promotion(version, *slot, cleaned["reason"], actor)
            return f"Requested {created}. Another person must approve it now."

        text = "Nothing changes until a second person approves."
        back = reverse("admin:modelops_modelversion_change", args=[version.pk])
        title = f"Request promotion of {version}"
        return handle_confirmation(
            self.admin_site,
            request,
            ConfirmationStep(title, text, "Request", back, perform, PromotionForm, _EXPECTED_ERRORS),
        )

    @admin_button("Verify artefact", "verify_artefact")
    def verify_artefact(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Check the stored bytes against both digests and show the result."""
        version = get_object_or_404(ModelVersion.objects.select_related("artefact"), pk=object_id)
        try:
            size = len(read_verified_artefact(version))
            messages.success(request, f"{version}: {size:,} bytes, as registered.")
        except ArtefactVerificationError as error:
            messages.error(request, str(error))
        return redirect("admin:modelops_modelversion_change", version.pk)


@admin.register(PromotionRequest)
class PromotionRequestAdmin(ReadOnlyAdmin):
    """Requests to make a version live, with their gates."""

    list_display = ("model", "role", "profile", "requested_by", "requested_at", "closed_at", "deployment")
    list_select_related = ("model", "requested_by", "deployment__model")
    list_filter = ("role", ("closed_at", admin.EmptyFieldListFilter))
    fields = (*list_display, "reason", "expected", "gate_results")
    readonly_fields = fields
    actions = None
    actions_detail = ("approve", "decline")
    has_decline_permission = require_permission("modelops.approve_deployment")
    has_approve_permission = require_permission("modelops.approve_deployment")

    @admin.display(description="Gates")
    def gate_results(self, promotion_request: PromotionRequest) -> str:
        """Return the results of the gates at the time of the request."""
        return render_to_string("admin/modelops/gates.html", {"gates": promotion_request.gates})

    @admin_button("Approve", "approve")
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the version live."""
        promotion_request = _get_promotion_request(object_id)

        def perform(actor: User, cleaned: Any) -> str:
            deployment = promotion.approve_promotion(promotion_request, actor, cleaned.get("override", ""))
            queue_alias_mirroring()
            return f"{deployment.model} is live as {deployment.role} (generation {deployment.generation})."

        text = "Every process serves this version within seconds. One person can roll it back."
        back, facts = _build_back_url(promotion_request), _build_facts(promotion_request)
        form = ApprovalForm if gate_checks.list_red_gates(promotion_request.gates) else ConfirmationForm
        panel = self.gate_results(promotion_request)
        step = ConfirmationStep(
            f"Approve {promotion_request}?",
            text,
            "Approve",
            back,
            perform,
            form,
            _EXPECTED_ERRORS,
            facts,
            panel,
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("Decline", "decline")
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close the request without making anything live."""
        promotion_request = _get_promotion_request(object_id)

        def perform(actor: User, cleaned: Any) -> str:
            promotion.decline_promotion(promotion_request, actor, cleaned["reason"])
            return "Declined. Nothing has changed."

        text = "Nothing is made live."
        step = ConfirmationStep(
            f"Decline {promotion_request}?",
            text,
            "Decline",
            _build_back_url(promotion_request),
            perform,
            ReasonForm,
            _EXPECTED_ERRORS,
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(LiveSlot)
class LiveSlotAdmin(ReadOnlyAdmin):
    """The deployment that is live now for each profile and role."""

    list_display = ("profile", "role", "version", "generation", "since")
    list_select_related = ("deployment__model",)
    list_filter = ("role",)
    fields = list_display
    readonly_fields = list_display
    actions = None
    actions_detail = ("roll_back",)
    has_roll_back_permission = require_permission("modelops.rollback_deployment")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out the slot of drills, which answers no request."""
        return super().get_queryset(request).exclude(profile=DRILL_PROFILE)

    @admin.display(description="Version")
    def version(self, slot: LiveSlot) -> str:
        """Return the version that is live."""
        return str(slot.deployment.model)

    @admin.display(description="Generation")
    def generation(self, slot: LiveSlot) -> int:
        """Return the number of the deployment."""
        return slot.deployment_id

    @admin.display(description="Since")
    def since(self, slot: LiveSlot) -> Any:
        """Return when it went live."""
        return slot.deployment.at

    @admin_button("Roll back", "roll_back")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Roll back to the previous version, on one person's authority."""
        slot = get_object_or_404(LiveSlot.objects.select_related("deployment__model"), pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            deployment = promotion.rollback(slot.profile, actor, cleaned["reason"], slot.role)
            queue_alias_mirroring()
            return f"{deployment.model} is live again (generation {deployment.generation})."

        text = "One person may do this in an emergency. The deployment is marked and an alert is raised."
        back = reverse("admin:modelops_liveslot_change", args=[slot.pk])
        facts = {"Live now": slot.deployment.model, "Since": slot.deployment.at, "Profile": slot.profile}
        step = ConfirmationStep(
            "Roll back?", text, "Roll back", back, perform, ReasonForm, _EXPECTED_ERRORS, facts
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """The history of what was live, with those who requested and approved it."""

    list_display = ("generation", "at", "model", "role", "profile", *_PEOPLE_FIELDS, "break_glass")
    list_select_related = ("model", "requested_by", "approved_by")
    list_filter = ("role", "break_glass")
    date_hierarchy = None
    fields = (*list_display, "override", "upgrade", "automatic", "previous", "first", "reason")
    readonly_fields = fields
    actions = None


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Runs of periodic jobs."""

    list_display = ("name", "window", "status", "started_at", "finished_at", "error")
    list_filter = ("status",)
    search_fields = ("name__startswith",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "result")
    readonly_fields = fields
    actions = None


def queue_alias_mirroring() -> None:
    """Queue the mirroring of aliases by task name, because importing the task would load MLflow.

    Without a broker nothing is lost: the aliases are also mirrored periodically.
    """
    try:
        current_app.send_task("modelops.tasks.mirror_registry_aliases", retry=False)
    except OperationalError:
        log.warning("aliases_not_mirrored_at_once")


def _get_promotion_request(object_id: str) -> PromotionRequest:
    rows = PromotionRequest.objects.select_related("model", "requested_by")
    return get_object_or_404(rows, pk=object_id)


def _build_back_url(promotion_request: PromotionRequest) -> str:
    return reverse("admin:modelops_promotionrequest_change", args=[promotion_request.pk])


def _build_facts(promotion_request: PromotionRequest) -> dict[str, object]:
    """Return what the approver should know about the version."""
    model, profile = promotion_request.model, promotion_request.profile
    metrics = {f"Metric: {name}": value for name, value in model.metrics.items()}
    return {
        "Requested by": promotion_request.requested_by,
        "Reason": promotion_request.reason,
        "Profile": "all profiles without a model of their own" if profile == EVERY_PROFILE else profile,
        "Processes": describe_unready_processes(model.artefact_id) or "every serving process has it ready",
        "Artefact": model.artefact_id,
        "Schema": model.schema_hash,
        **metrics,
    }
