"""Admin of webhooks: who is told of what, whether it arrives, and the switch for administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import TabularInline

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationForm,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.models import User
from webhooks import endpoints
from webhooks.endpoints import EndpointError
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

_SWITCH = "webhooks.switch_off_endpoint"
_ENDPOINT_COLOURS = {"on": "success", "failing": "warning", "off": "danger"}
_DELIVERY_COLOURS = {"delivered": "success", "waiting": "info", "given_up": "danger"}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Webhooks of all users by host; addresses, secrets and what owners call them are shown to nobody."""

    list_display = ("host", "user", "state_label", "event_types", "delivered_at", "failing_since")
    list_select_related = ("user",)
    list_filter = ("switched_off_by",)
    search_fields = ("host__startswith", "user__email__exact")
    search_help_text = gettext_lazy("Beginning of the host, or the e-mail address of the owner")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "host",
        "user",
        "state_label",
        "event_types",
        "created_at",
        "delivered_at",
        "failing_since",
        "failures",
        "not_before",
        "previous_secret_until",
        "switched_off_at",
        "switched_off_by",
        "removed_at",
    )
    readonly_fields = fields
    actions = None
    actions_detail = ("switch_off", "switch_on")
    has_switch_off_permission = require_permission(_SWITCH)
    has_switch_on_permission = require_permission(_SWITCH)

    @label_column(gettext_lazy("State"), "switched_off_at", _ENDPOINT_COLOURS)
    def state_label(self, endpoint: WebhookEndpoint) -> tuple[str, str]:
        """Return whether it gets messages, and the word for it."""
        if endpoint.removed_at is not None:
            return "off", gettext("Removed")
        if endpoint.switched_off_at is not None:
            return "off", gettext("Off")
        return ("failing", gettext("Failing")) if endpoint.failing_since else ("on", gettext("On"))

    @admin_button(gettext_lazy("Switch off"), "switch_off")
    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Switch a webhook off; its owner cannot switch it on."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=object_id)

        def perform(actor: User, fields: Any) -> str:
            by = WebhookEndpoint.SwitchedOffBy.ADMINISTRATOR
            endpoints.switch_off(endpoint, by, actor, fields["reason"])
            return gettext("{endpoint} is switched off.").format(endpoint=endpoint)

        text = gettext(
            "It gets nothing until an administrator switches it on again. Its owner is told by e-mail."
        )
        step = ConfirmationStep(
            gettext("Switch this webhook off?"),
            text,
            gettext("Switch off"),
            reverse("admin:webhooks_webhookendpoint_change", args=[endpoint.pk]),
            perform,
            ReasonForm,
            (EndpointError,),
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Switch on"), "switch_on")
    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Switch a webhook on again."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            endpoints.switch_on(endpoint, actor)
            return gettext("{endpoint} is switched on.").format(endpoint=endpoint)

        step = ConfirmationStep(
            gettext("Switch this webhook on?"),
            gettext("It gets what happens from now on."),
            gettext("Switch on"),
            reverse("admin:webhooks_webhookendpoint_change", args=[endpoint.pk]),
            perform,
            ConfirmationForm,
            (EndpointError,),
        )
        return handle_confirmation(self.admin_site, request, step)


class AttemptInline(TabularInline):  # type: ignore[misc]  # the package ships no types
    """Every request of a delivery."""

    model = WebhookAttempt
    fields = ("at", "status_code", "error", "milliseconds")
    readonly_fields = fields
    extra = 0
    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """The log of deliveries to all webhooks."""

    list_display = ("event_type", "host", "state_label", "attempts", "status_code", "not_before", "ended_at")
    list_select_related = ("event", "endpoint")
    list_filter = ("state", "event__event_type")
    search_fields = ("event__id__exact", "endpoint__host__startswith")
    search_help_text = gettext_lazy("The webhook-id of a message, or the beginning of the host")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "event",
        "endpoint",
        "state_label",
        "attempts",
        "status_code",
        "error",
        "not_before",
        "ended_at",
    )
    readonly_fields = fields
    inlines = (AttemptInline,)
    actions = None

    @admin.display(description=gettext_lazy("Event"), ordering="event__event_type")
    def event_type(self, delivery: WebhookDelivery) -> str:
        """Return the type of the event."""
        return delivery.event.event_type

    @admin.display(description=gettext_lazy("Host"), ordering="endpoint__host")
    def host(self, delivery: WebhookDelivery) -> str:
        """Return the host that it goes to."""
        return delivery.endpoint.host

    @label_column(gettext_lazy("State"), "state", _DELIVERY_COLOURS)
    def state_label(self, delivery: WebhookDelivery) -> tuple[str, str]:
        """Return the state and its word."""
        return delivery.state, delivery.get_state_display()
