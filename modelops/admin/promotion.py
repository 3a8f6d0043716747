"""Admin of promotion requests, what is live, and the history of deployments."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from kombu.exceptions import OperationalError
from unfold.enums import ActionVariant

from accounts.admin_tools import (
    ConfirmationForm,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.step_up import step_up
from accounts.dates import format_moment
from accounts.models import User
from modelops.admin.formatting import link_to_version, render_examination, sentence_column
from modelops.admin.promotion_forms import ApprovalForm, RollbackForm
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.models import (
    DRILL_PROFILE,
    EVERY_PROFILE,
    Deployment,
    LiveSlot,
    ModelVersion,
    PromotionRequest,
    describe_profile,
    describe_role,
)
from modelops.serving.loader import ArtefactVerificationError
from modelops.serving.model_refresher import describe_unready_processes
from modelops.validation import gate_checks

log = structlog.get_logger(__name__)

_PEOPLE_FIELDS = ("requested_by", "approved_by")
_EXPECTED_ERRORS = (PromotionError, ArtefactVerificationError)
_ROLLBACK_TEXT = gettext_lazy(
    "Every process serves the earlier version within seconds. One person may do this; the deployment is "
    "marked as a rollback by one person, audited with the reason, and an alert is raised."
)
_BUTTON_HTML = (
    '<a class="bg-red-700 font-medium inline-block px-3 py-2 rounded-default text-white whitespace-nowrap" '
    'href="{}">{}</a>'
)


@admin.display(description=gettext_lazy("Profile"), ordering="profile")
def profile_column(_admin: Any, row: Deployment | LiveSlot | PromotionRequest) -> str:
    """Return the profile of a row in words."""
    return describe_profile(row.profile)


@admin.register(PromotionRequest)
class PromotionRequestAdmin(ReadOnlyAdmin):
    """Requests to make a version live, with their gates."""

    list_display = (
        "model",
        "role",
        "display_profile",
        "state",
        "requested_by",
        "request_time",
        "closing_time",
    )
    list_select_related = ("model", "requested_by", "deployment__model")
    display_profile = profile_column
    list_filter = ("role", ("closed_at", admin.EmptyFieldListFilter))
    fields = (
        "state",
        "candidate",
        "role",
        "display_profile",
        "replaces",
        "requested_by",
        "request_time",
        "reason",
        "closing_time",
    )
    readonly_fields = fields
    change_form_after_template = "admin/modelops/examination_card.html"
    actions = None
    actions_detail = ("approve", "decline")
    has_decline_permission = require_permission("modelops.approve_deployment")
    has_approve_permission = require_permission("modelops.approve_deployment")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return no buttons for a request that is closed."""
        is_open = PromotionRequest.objects.filter(pk=object_id, closed_at=None).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    @admin.display(description=gettext_lazy("State"))
    def state(self, promotion_request: PromotionRequest) -> str:
        """Return whether it waits, and what the gates say, in one sentence."""
        if not promotion_request.is_open:
            deployment = promotion_request.deployment
            return (
                gettext("Approved: generation {generation}").format(generation=deployment.generation)
                if deployment
                else gettext("Declined")
            )
        red = gate_checks.list_red_gates(promotion_request.gates)
        return (
            gettext("Waits for a second person; red: {gates}").format(gates=gate_checks.name_gates(red))
            if red
            else gettext("Waits for a second person")
        )

    @admin.display(description=gettext_lazy("Version"))
    def candidate(self, promotion_request: PromotionRequest) -> str:
        """Return a link to the version."""
        return link_to_version(promotion_request.model)

    @admin.display(description=gettext_lazy("Replaces"))
    def replaces(self, promotion_request: PromotionRequest) -> str:
        """Return what was live when it was requested."""
        if promotion_request.expected is None:
            return gettext("nothing: the role was empty")
        rows = Deployment.objects.select_related("model")
        row = rows.filter(generation=promotion_request.expected).first()
        return (
            gettext("{model}, live since {moment}").format(model=row.model, moment=format_moment(row.at))
            if row
            else "-"
        )

    @admin.display(description=gettext_lazy("Requested"), ordering="requested_at")
    def request_time(self, promotion_request: PromotionRequest) -> str:
        """Return when it was requested."""
        return format_moment(promotion_request.requested_at)

    @admin.display(description=gettext_lazy("Closed"), ordering="closed_at")
    def closing_time(self, promotion_request: PromotionRequest) -> str:
        """Return when it was approved or declined."""
        return format_moment(promotion_request.closed_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add gates, measures beside the champion, slices and folded metrics, as of the request."""
        row = self.get_object(request, object_id)
        context = {**(extra_context or {}), "examination_html": _render_panel(row) if row else ""}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    @admin_button(gettext_lazy("Approve"), "approve")
    @step_up
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the version live."""
        promotion_request = _get_promotion_request(object_id)

        def perform(actor: User, cleaned: Any) -> str:
            deployment = promotion.approve_promotion(promotion_request, actor, cleaned.get("override", ""))
            queue_alias_mirroring()
            return gettext("{model} is live as {role} (generation {generation}).").format(
                model=deployment.model, role=describe_role(deployment.role), generation=deployment.generation
            )

        text = gettext("Every process serves this version within seconds. One person can roll it back.")
        back, facts = _build_back_url(promotion_request), _build_facts(promotion_request)
        form = ApprovalForm if gate_checks.list_red_gates(promotion_request.gates) else ConfirmationForm
        panel = _render_panel(promotion_request)
        step = ConfirmationStep(
            gettext("Approve {promotion_request}?").format(promotion_request=promotion_request),
            text,
            gettext("Approve"),
            back,
            perform,
            form,
            _EXPECTED_ERRORS,
            facts,
            panel,
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Decline"), "decline")
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close the request without making anything live."""
        promotion_request = _get_promotion_request(object_id)

        def perform(actor: User, cleaned: Any) -> str:
            promotion.decline_promotion(promotion_request, actor, cleaned["reason"])
            return gettext("Declined. Nothing has changed.")

        text = gettext("Nothing is made live.")
        step = ConfirmationStep(
            gettext("Decline {promotion_request}?").format(promotion_request=promotion_request),
            text,
            gettext("Decline"),
            _build_back_url(promotion_request),
            perform,
            ReasonForm,
            _EXPECTED_ERRORS,
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(LiveSlot)
class LiveSlotAdmin(ReadOnlyAdmin):
    """The deployment that is live now for each profile and role."""

    list_display = ("display_profile", "role", "version", "since", "generation")
    display_profile = profile_column
    list_select_related = ("deployment__model",)
    list_filter = ("role",)
    fields = (*list_display, "rolls_back_to")
    readonly_fields = fields
    actions = None
    actions_detail = ("roll_back",)
    has_roll_back_permission = require_permission("modelops.rollback_deployment")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Add the version that a rollback returns to; leave out the slot of drills, which answers nobody."""
        same = Deployment.objects.filter(
            profile=OuterRef("profile"), role=OuterRef("role"), model=OuterRef("deployment__model")
        )
        first = same.order_by("generation")
        rows = super().get_queryset(request).exclude(profile=DRILL_PROFILE)
        return rows.annotate(
            earlier_name=Subquery(first.values("previous__model__name")[:1]),
            earlier_version=Subquery(first.values("previous__model__version")[:1]),
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the button of a rollback for those who may do it, its target for everybody else."""
        may = self.has_roll_back_permission(request)
        return [*self.list_display, "roll_back_button" if may else "rolls_back_to"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Name the version on the button; no button where there is no earlier version."""
        slot = self.get_queryset(request).filter(pk=object_id).first()
        earlier = _format_earlier_version(slot) if slot else ""
        buttons = super().get_actions_detail(request, object_id) if earlier else []
        text = gettext("Roll back to {earlier}").format(earlier=earlier)
        return [replace(row, description=text, variant=ActionVariant.DANGER) for row in buttons]

    @admin.display(description=gettext_lazy("Version"))
    def version(self, slot: LiveSlot) -> str:
        """Return a link to the version that is live."""
        return link_to_version(slot.deployment.model)

    @admin.display(description=gettext_lazy("Generation"))
    def generation(self, slot: LiveSlot) -> int:
        """Return the number of the deployment."""
        return slot.deployment_id

    @admin.display(description=gettext_lazy("Since"))
    def since(self, slot: LiveSlot) -> str:
        """Return when it went live."""
        return format_moment(slot.deployment.at)

    @admin.display(description=gettext_lazy("A rollback returns to"))
    def rolls_back_to(self, slot: LiveSlot) -> str:
        """Return the version before this one."""
        return _format_earlier_version(slot) or gettext("no earlier version")

    @admin.display(description=gettext_lazy("Rollback"))
    def roll_back_button(self, slot: LiveSlot) -> str:
        """Return a button that names the version before this one; it leads to the confirmation."""
        earlier = _format_earlier_version(slot)
        if not earlier:
            return gettext("no earlier version")
        address = reverse("admin:modelops_liveslot_roll_back", args=[slot.pk])
        return format_html(_BUTTON_HTML, address, gettext("Roll back to {earlier}").format(earlier=earlier))

    @admin_button(gettext_lazy("Roll back"), "roll_back")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Roll back to the previous version, on one person's authority."""
        slot = get_object_or_404(LiveSlot.objects.select_related("deployment__model"), pk=object_id)
        current = slot.deployment
        earlier = promotion.find_rollback_target(current)

        def perform(actor: User, cleaned: Any) -> str:
            deployment = promotion.rollback(
                slot.profile, actor, cleaned["reason"], slot.role, cleaned["generation"]
            )
            queue_alias_mirroring()
            return gettext("{model} is live again (generation {generation}).").format(
                model=deployment.model, generation=deployment.generation
            )

        back = reverse("admin:modelops_liveslot_change", args=[slot.pk])
        facts = _build_rollback_facts(slot, earlier)
        title = (
            gettext("Roll back to {earlier}?").format(earlier=earlier)
            if earlier
            else gettext("There is no earlier version")
        )
        form = partial(RollbackForm, initial={"generation": current.generation})
        step = ConfirmationStep(
            title, _ROLLBACK_TEXT, gettext("Roll back"), back, perform, form, _EXPECTED_ERRORS, facts
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """The history of what was live, with those who requested and approved it."""

    list_display = (
        "generation",
        "live_since",
        "model",
        "role",
        "display_profile",
        *_PEOPLE_FIELDS,
        "break_glass",
    )
    display_profile = profile_column
    list_select_related = ("model", "requested_by", "approved_by")
    list_filter = ("role", "break_glass")
    date_hierarchy = None
    fields = (*list_display, "override", "upgrade", "automatic", "previous", "first", "why")
    readonly_fields = fields
    actions = None
    why = sentence_column("reason", gettext_lazy("Reason"))

    @admin.display(description=gettext_lazy("Live since"), ordering="at")
    def live_since(self, deployment: Deployment) -> str:
        """Return when it went live."""
        return format_moment(deployment.at)


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


def _render_panel(row: PromotionRequest) -> str:
    return render_examination(row.model, row.gates, row.examination)


def _format_earlier_version(slot: Any) -> str:
    """Return the version that a rollback of an annotated slot returns to, ``""`` without one."""
    return f"{slot.earlier_name} {slot.earlier_version}" if slot.earlier_name else ""


def _build_rollback_facts(slot: LiveSlot, earlier: ModelVersion | None) -> dict[str, object]:
    """Return what the person who rolls back should know."""
    current = slot.deployment
    return {
        gettext("Live now"): gettext("{model}, since {moment}").format(
            model=current.model, moment=format_moment(current.at)
        ),
        gettext("Returns to"): earlier or gettext("nothing: there is no earlier version"),
        gettext("Profile"): describe_profile(slot.profile),
        gettext("Role"): slot.get_role_display(),
        gettext("Permission"): gettext("Can roll back to the previous version, alone"),
    }


def _build_facts(promotion_request: PromotionRequest) -> dict[str, object]:
    """Return what the approver should know beside the examination."""
    model, profile = promotion_request.model, promotion_request.profile
    return {
        gettext("Requested by"): promotion_request.requested_by,
        gettext("Reason"): promotion_request.reason,
        gettext("Profile"): gettext("all profiles without a model of their own")
        if profile == EVERY_PROFILE
        else profile,
        gettext("Role"): promotion_request.get_role_display(),
        gettext("Processes"): describe_unready_processes(model.artefact_id)
        or gettext("every serving process has it ready"),
    }
