"""Admin of alerts, channels, messages and heartbeats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.audit import trail
from accounts.auth.current_user import get_current_user
from accounts.dates import format_moment
from accounts.models import User
from modelops.alert_rules import ALERT_RULES
from modelops.alerting import alerts
from modelops.alerting.alerts import AlertError
from modelops.alerting.delivery import deliver_messages
from modelops.models import Alert, AlertChannel, AlertMessage, Heartbeat

_STATE_COLOURS = {"firing": "danger", "pending": "warning", "resolved": "success", "passed": "info"}
_SNOOZE_CHOICES = [(1, "1 hour"), (4, "4 hours"), (24, "1 day"), (72, "3 days"), (168, "7 days")]


class SnoozeForm(forms.Form):
    """Asks for the length of the snooze and a reason."""

    hours = forms.TypedChoiceField(
        label=gettext_lazy("For"), choices=_SNOOZE_CHOICES, coerce=int, widget=UnfoldAdminSelectWidget()
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class MessageInline(TabularInline):  # type: ignore[misc]  # the package ships no types
    """Messages of an alert."""

    model = AlertMessage
    fields = ("occasion", "channel", "state", "attempts", "created_at", "sent_at", "receipt", "error")
    readonly_fields = fields
    ordering = ("-id",)
    extra = 0
    per_page = 20
    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Episodes of alerts, newest first, with the steps to handle them."""

    list_display = ("state_label", "severity", "title", "scope", "observation", "since", "assignee")
    list_display_links = ("state_label", "title")
    list_filter = ("state", "severity")
    list_select_related = ("acknowledged_by",)
    search_fields = ("rule__startswith", "scope__startswith", "fingerprint__exact")
    search_help_text = gettext_lazy("Beginning of the rule or scope, or the fingerprint")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "title",
        "scope",
        "state",
        "severity",
        "observation",
        "cause",
        "safe_action",
        "admin_link",
        "since",
        "observed_at",
        "bad_count",
        "fired_at",
        "notified_at",
        "notification_count",
        "escalated_at",
        "acknowledged_at",
        "acknowledged_by",
        "snoozed_until",
        "reason",
        "resolved_at",
        "fingerprint",
    )
    readonly_fields = fields
    inlines = (MessageInline,)
    actions = None
    actions_detail = ("acknowledge", "snooze", "resolve")
    has_acknowledge_permission = require_permission("modelops.handle_alert")
    has_snooze_permission = require_permission("modelops.handle_alert")
    has_resolve_permission = require_permission("modelops.handle_alert")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return no buttons for an alert that has ended."""
        is_open = Alert.objects.open().filter(pk=object_id).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    @label_column(gettext_lazy("State"), "state", _STATE_COLOURS)
    def state_label(self, alert: Alert) -> tuple[str, str]:
        """Return state and label."""
        return alert.state, gettext("Snoozed") if _is_snoozed(alert) else alert.get_state_display()

    @admin.display(description=gettext_lazy("Alert"), ordering="rule")
    def title(self, alert: Alert) -> str:
        """Return the title of the rule."""
        return alert.title

    @admin.display(description=gettext_lazy("Likely cause"))
    def cause(self, alert: Alert) -> str:
        """Return the usual cause."""
        return gettext(ALERT_RULES[alert.rule].cause) if alert.rule in ALERT_RULES else "-"

    @admin.display(description=gettext_lazy("One safe action"))
    def safe_action(self, alert: Alert) -> str:
        """Return an action that cannot make it worse."""
        return gettext(ALERT_RULES[alert.rule].action) if alert.rule in ALERT_RULES else "-"

    @admin.display(description=gettext_lazy("Look at"))
    def admin_link(self, alert: Alert) -> str:
        """Return a link to the page of the admin that shows details."""
        if alert.rule not in ALERT_RULES:
            return "-"
        address = reverse("admin:index") + ALERT_RULES[alert.rule].admin_path
        return format_html(
            '<a class="text-primary-600 underline dark:text-primary-400" href="{0}">{0}</a>', address
        )

    @admin.display(description=gettext_lazy("Acknowledged by"))
    def assignee(self, alert: Alert) -> str:
        """Return who acknowledged it."""
        return str(alert.acknowledged_by or "-")

    @admin_button(gettext_lazy("Acknowledge"), "acknowledge")
    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Acknowledge an alert, which stops repeated notifications."""

        def perform(alert: Alert, actor: User, cleaned: Any) -> str:
            alerts.acknowledge_alert(alert, actor, cleaned["reason"])
            return gettext("Acknowledged: no more notifications are sent.")

        return self._run_step(
            request,
            object_id,
            gettext("Acknowledge"),
            gettext("You work on it, so no more notifications are sent."),
            perform,
        )

    @admin_button(gettext_lazy("Snooze"), "snooze")
    def snooze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop notifications for some hours."""

        def perform(alert: Alert, actor: User, cleaned: Any) -> str:
            until = timezone.now() + timedelta(hours=cleaned["hours"])
            alerts.snooze_alert(alert, actor, until, cleaned["reason"])
            return gettext("Snoozed until {moment}.").format(moment=format_moment(until))

        text = gettext("No notification is sent until then. The condition is still observed.")
        return self._run_step(request, object_id, gettext("Snooze"), text, perform, SnoozeForm)

    @admin_button(gettext_lazy("Resolve"), "resolve")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Resolve an alert by hand."""

        def perform(alert: Alert, actor: User, cleaned: Any) -> str:
            alerts.resolve_alert(alert, actor, cleaned["reason"])
            return gettext("Resolved. A condition that still holds raises another alert.")

        return self._run_step(request, object_id, gettext("Resolve"), gettext("State the cause."), perform)

    def _run_step(
        self,
        request: HttpRequest,
        object_id: str,
        verb: str,
        text: str,
        perform: Any,
        form: type[forms.Form] = ReasonForm,
    ) -> HttpResponse:
        """Show and handle the confirmation step of one alert."""
        alert = get_object_or_404(Alert, pk=object_id)
        facts = {gettext("Observation"): alert.observation, gettext("Since"): alert.since}
        back = reverse("admin:modelops_alert_change", args=[alert.pk])

        def perform_on_alert(actor: User, cleaned: Any) -> str:
            message: str = perform(alert, actor, cleaned)
            return message

        step = ConfirmationStep(
            f"{verb}: {alert}", text, verb, back, perform_on_alert, form, (AlertError,), facts
        )
        return handle_confirmation(self.admin_site, request, step)


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Edits a channel; the stored address is never shown, only replaced."""

    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "An e-mail address, or a webhook's https address. Encrypted; empty keeps the old one."
        ),
    )

    class Meta:
        model = AlertChannel
        fields = ("name", "kind", "address", "minimum_severity", "second_line", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remove the stored address from the initial values."""
        super().__init__(*args, **kwargs)
        self.initial.pop("address", None)

    def clean_address(self) -> str:
        """Return the address, or the stored one when none is entered; the model checks it."""
        entered: str = self.cleaned_data["address"]
        if not entered and self.instance._state.adding:
            raise forms.ValidationError(gettext("Enter the address to send messages to."))
        return entered or self.instance.address


@admin.register(AlertChannel)
class AlertChannelAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """E-mail addresses and webhooks that receive alerts."""

    form = ChannelForm
    list_display = (
        "name",
        "kind",
        "minimum_severity",
        "second_line",
        "enabled",
        "last_sent_at",
        "last_error",
    )
    list_filter = ("kind", "enabled")
    readonly_fields = ("last_sent_at", "last_error")
    fields = ("name", "kind", "address", "minimum_severity", "second_line", "enabled", *readonly_fields)
    actions = None
    actions_detail = ("send_test",)
    has_send_test_permission = require_permission("modelops.test_alertchannel")
    has_delete_permission = deny_everyone

    def get_fields(self, request: HttpRequest, obj: AlertChannel | None = None) -> Any:
        """Leave out the address for those who cannot edit the channel."""
        return [name for name in self.fields if name != "address" or self._can_edit(request, obj)]

    def _can_edit(self, request: HttpRequest, obj: AlertChannel | None) -> bool:
        return bool(self.has_change_permission(request, obj) if obj else self.has_add_permission(request))

    def save_model(self, request: HttpRequest, obj: AlertChannel, form: Any, change: bool) -> None:
        """Save with an audit event, which leaves the address out."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            detail = {"name": obj.name, "kind": obj.kind, "enabled": obj.enabled}
            trail.record_event("alert_channel.saved", obj, get_current_user(request), **detail)

    @admin_button(gettext_lazy("Send a test message"), "send_test")
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a test message now and show the reply of the receiver."""
        channel = get_object_or_404(AlertChannel, pk=object_id)
        back = reverse("admin:modelops_alertchannel_change", args=[channel.pk])

        def perform(actor: User, _: Any) -> str:
            row = alerts.queue_test_message(channel, actor)
            deliver_messages()
            row.refresh_from_db()
            if row.state != AlertMessage.State.SENT:
                reason = row.error or gettext("it is still queued")
                raise AlertError(gettext("Not delivered: {reason}. It is tried again.").format(reason=reason))
            return gettext("Delivered. The receiver answered: {receipt}").format(receipt=row.receipt)

        text = gettext("A message marked as a test is sent to {name} now, and to no other channel.").format(
            name=channel.name
        )
        step = ConfirmationStep(
            gettext("Send a test message?"),
            text,
            gettext("Send"),
            back,
            perform,
            expected_errors=(AlertError,),
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(AlertMessage)
class AlertMessageAdmin(ReadOnlyAdmin):
    """Messages of the outbox with their receipts."""

    list_display = ("created_at", "channel", "occasion", "subject", "state", "attempts", "sent_at", "error")
    list_filter = ("state", "occasion")
    list_select_related = ("channel",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "body", "receipt", "not_before", "alert")
    readonly_fields = fields
    actions = None


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """The last heartbeat of each component."""

    list_display = ("name", "at")
    fields = list_display
    readonly_fields = list_display
    actions = None


def _is_snoozed(alert: Alert) -> bool:
    return alert.state == Alert.State.FIRING and bool(
        alert.snoozed_until and alert.snoozed_until > timezone.now()
    )
