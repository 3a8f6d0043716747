"""Serializers of webhooks, their deliveries and attempts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.api.fields import StrictTextField
from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from accounts.api.requests import RequestSerializer
from accounts.http_address import ReceiverAddressError, parse_permitted_address
from webhooks.endpoints import Subscription
from webhooks.models import EventType, WebhookDelivery, WebhookEndpoint
from webhooks.sending import build_payload

MAX_ADDRESS_LENGTH = 2_000
_MAX_DESCRIPTION_LENGTH = 100
_MAX_OVERLAP_HOURS = 168


class EndpointRequestSerializer(RequestSerializer):
    """Where messages go, and of which events."""

    url = StrictTextField(
        max_length=MAX_ADDRESS_LENGTH, help_text="An https address that is reached from the internet."
    )
    events = serializers.MultipleChoiceField(
        choices=EventType.choices, allow_empty=False, help_text="The events to be told of."
    )
    description = StrictTextField(
        max_length=_MAX_DESCRIPTION_LENGTH, default="", allow_blank=True, help_text="What it is for."
    )

    def validate_url(self, value: str) -> str:
        """Refuse an address that no message may reach; what a name resolves to is checked at each message."""
        try:
            parse_permitted_address(value, settings.WEBHOOK_ALLOWED_NETWORKS)
        except ReceiverAddressError as error:
            raise serializers.ValidationError(str(error)) from None
        return value

    def to_subscription(self, current: WebhookEndpoint | None = None) -> Subscription:
        """Return what was entered; fields that a partial change leaves out are those of ``current``."""
        fields: Mapping[str, Any] = self.validated_data
        if current is None:
            return Subscription(fields["url"], sorted(fields["events"]), fields["description"])
        return Subscription(
            fields.get("url", current.address),
            sorted(fields.get("events", current.event_types)),
            fields.get("description", current.description),
        )


class EndpointChangeSerializer(EndpointRequestSerializer):
    """A change; what is left out stays."""

    enabled = serializers.BooleanField(
        required=False, help_text="False switches the webhook off: nothing is kept for it meanwhile."
    )


class RotationSerializer(RequestSerializer):
    """How long the old secret signs beside the new one."""

    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=_MAX_OVERLAP_HOURS,
        required=False,
        help_text="0 ends the old secret at once, as after a leak; an installation has its own default.",
    )

    def to_overlap(self) -> timedelta:
        """Return the overlap, that of the installation where none is given."""
        default = settings.WEBHOOK_SECRET_OVERLAP_HOURS
        return timedelta(hours=self.validated_data.get("overlap_hours", default))


class EndpointSerializer(serializers.Serializer[Any]):
    """A webhook, without its secret."""

    id = serializers.UUIDField()
    url = serializers.CharField(source="address")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.choices), source="event_types"
    )
    description = serializers.CharField(allow_blank=True)
    enabled = serializers.SerializerMethodField(help_text="False: it gets nothing.")
    switched_off_by = serializers.ChoiceField(
        choices=["", *WebhookEndpoint.SwitchedOffBy.values], help_text="Empty while it is enabled."
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first failure since the last success."
    )
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="The last success.")
    old_secret_until = serializers.DateTimeField(
        source="previous_secret_until", allow_null=True, help_text="Until then two secrets sign."
    )
    created_at = serializers.DateTimeField()

    def get_enabled(self, row: WebhookEndpoint) -> bool:
        """Return whether it gets messages."""
        return row.switched_off_at is None


class EndpointWithSecretSerializer(EndpointSerializer):
    """A webhook with a secret that is shown this once."""

    secret = serializers.CharField(help_text="Verifies the signature; it cannot be shown again.")


class EndpointPageSerializer(serializers.Serializer[Any]):
    """A page of webhooks, newest first."""

    results = EndpointSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class DeliveryFilterSerializer(PageSerializer):
    """Filter and page of deliveries."""

    state = serializers.ChoiceField(choices=WebhookDelivery.State.values, required=False)


class DeliverySerializer(serializers.Serializer[Any]):
    """One event to one webhook, and how far its delivery is."""

    id = serializers.UUIDField()
    webhook_id = serializers.UUIDField(
        source="event_id", help_text="The header `webhook-id` of its messages."
    )
    event = serializers.CharField(source="event.event_type")
    state = serializers.ChoiceField(choices=WebhookDelivery.State.values)
    attempts = serializers.IntegerField(help_text="Since the event, or since it was asked to be sent again.")
    status_code = serializers.IntegerField(allow_null=True, help_text="Of the last answer; null: none came.")
    error = serializers.CharField(allow_blank=True, help_text="Why the last attempt failed.")
    next_attempt_at = serializers.SerializerMethodField(help_text="Null unless it waits.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When it was delivered or given up.")
    created_at = serializers.DateTimeField(source="event.occurred_at")

    def get_next_attempt_at(self, row: WebhookDelivery) -> str | None:
        """Return when it is sent next at the earliest."""
        is_waiting = row.state == WebhookDelivery.State.WAITING
        return row.not_before.isoformat() if is_waiting else None


class AttemptSerializer(serializers.Serializer[Any]):
    """One request to the receiver."""

    at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    milliseconds = serializers.IntegerField()


class DeliveryDetailSerializer(DeliverySerializer):
    """A delivery with what is sent and every attempt, the last one first."""

    payload = serializers.SerializerMethodField()
    log = AttemptSerializer(many=True, source="attempt_log")

    def get_payload(self, row: WebhookDelivery) -> dict[str, Any]:
        """Return the body of the message."""
        return build_payload(row.event)


class DeliveryPageSerializer(serializers.Serializer[Any]):
    """A page of deliveries, newest first."""

    results = DeliverySerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)
