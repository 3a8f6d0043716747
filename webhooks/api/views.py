"""The endpoints by which customers keep their own webhooks and read the log of their delivery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.paging import PageSerializer, fetch_page
from accounts.api.problems import ConflictError
from accounts.auth.authentication import require_user
from accounts.models import User
from webhooks import endpoints
from webhooks.api.serializers import (
    DeliveryDetailSerializer,
    DeliveryFilterSerializer,
    DeliveryPageSerializer,
    DeliverySerializer,
    EndpointChangeSerializer,
    EndpointPageSerializer,
    EndpointRequestSerializer,
    EndpointSerializer,
    EndpointWithSecretSerializer,
    RotationSerializer,
)
from webhooks.endpoints import EndpointError
from webhooks.models import DeliveryQuerySet, WebhookDelivery, WebhookEndpoint

_PERMISSION = "webhooks.use_webhooks"
_SCOPE = "webhooks"


class WebhooksView(APIView):
    """List and create webhooks."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(parameters=[PageSerializer], responses=EndpointPageSerializer, operation_id="webhooks")
    def get(self, request: Request) -> Response:
        """List your webhooks, newest first."""
        query = PageSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        own = WebhookEndpoint.objects.of_user(require_user(request).pk)
        rows, following = fetch_page(own, **query.validated_data)
        return Response({"results": EndpointSerializer(rows, many=True).data, "next": following})

    @extend_schema(
        request=EndpointRequestSerializer,
        responses={201: EndpointWithSecretSerializer},
        operation_id="webhook_create",
    )
    def post(self, request: Request) -> Response:
        """Create a webhook; its secret is shown in this answer and never again."""
        serializer = EndpointRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with _translate_refusal():
            row, secret = endpoints.create_endpoint(require_user(request), serializer.to_subscription())
        return Response({**EndpointSerializer(row).data, "secret": secret}, status=201)


class WebhookView(APIView):
    """Read, change or remove one webhook."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(responses=EndpointSerializer, operation_id="webhook")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your webhooks."""
        return Response(EndpointSerializer(get_own_endpoint(require_user(request), pk)).data)

    @extend_schema(
        request=EndpointChangeSerializer, responses=EndpointSerializer, operation_id="webhook_change"
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change address, events or description of one of your webhooks, or switch it off or on."""
        user = require_user(request)
        row = get_own_endpoint(user, pk)
        serializer = EndpointChangeSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with _translate_refusal(), transaction.atomic():
            row = endpoints.change_endpoint(row, serializer.to_subscription(row), user)
            row = _switch(row, serializer.validated_data.get("enabled"), user)
        return Response(EndpointSerializer(row).data)

    @extend_schema(responses={204: None}, operation_id="webhook_remove")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove one of your webhooks, with its address and secret."""
        user = require_user(request)
        with _translate_refusal():
            endpoints.remove_endpoint(get_own_endpoint(user, pk), user)
        return Response(status=204)


class WebhookRotateView(APIView):
    """Replace the secret."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(
        request=RotationSerializer, responses=EndpointWithSecretSerializer, operation_id="webhook_rotate"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Give one of your webhooks a new secret, shown only here; both sign until the overlap ends."""
        user = require_user(request)
        serializer = RotationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = get_own_endpoint(user, pk)
        with _translate_refusal():
            row, secret = endpoints.rotate_secret(row, user, serializer.to_overlap())
        return Response({**EndpointSerializer(row).data, "secret": secret})


class WebhookTestView(APIView):
    """Send a test event."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(request=None, responses={201: DeliverySerializer}, operation_id="webhook_test")
    def post(self, request: Request, pk: UUID) -> Response:
        """Send a `webhook.test` event to one of your webhooks; 409 until the test before is delivered."""
        user = require_user(request)
        with _translate_refusal():
            delivery = endpoints.send_test(get_own_endpoint(user, pk), user)
        return Response(DeliverySerializer(delivery).data, status=201)


class DeliveriesView(APIView):
    """The log of deliveries."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(
        parameters=[DeliveryFilterSerializer],
        responses=DeliveryPageSerializer,
        operation_id="webhook_deliveries",
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """List the deliveries of one of your webhooks, newest first; they are kept for 30 days."""
        query = DeliveryFilterSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(query.validated_data)
        own = list_own_deliveries(require_user(request), pk)
        state = fields.pop("state", None)
        rows, following = fetch_page(own.filter(state=state) if state else own, **fields)
        return Response({"results": DeliverySerializer(rows, many=True).data, "next": following})


class DeliveryView(APIView):
    """One delivery."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(responses=DeliveryDetailSerializer, operation_id="webhook_delivery")
    def get(self, request: Request, pk: UUID, delivery: UUID) -> Response:
        """Return a delivery with what is sent and the outcome of every attempt."""
        row = get_object_or_404(list_own_deliveries(require_user(request), pk), pk=delivery)
        return Response(DeliveryDetailSerializer(row).data)


class RedeliverView(APIView):
    """Send a message again."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(request=None, responses=DeliverySerializer, operation_id="webhook_redeliver")
    def post(self, request: Request, pk: UUID, delivery: UUID) -> Response:
        """Send a message again, with the same `webhook-id`, whatever became of it."""
        user = require_user(request)
        row = get_object_or_404(list_own_deliveries(user, pk), pk=delivery)
        with _translate_refusal():
            row = endpoints.send_again(row, user)
        return Response(DeliverySerializer(row).data)


def get_own_endpoint(user: User, pk: UUID) -> WebhookEndpoint:
    """Return a user's endpoint. Raises ``Http404``."""
    return get_object_or_404(WebhookEndpoint.objects.of_user(user.pk), pk=pk)


def list_own_deliveries(user: User, pk: UUID) -> DeliveryQuerySet:
    """Return the deliveries of a user's endpoint that they may know of, newest first. Raises ``Http404``."""
    rows = WebhookDelivery.objects.filter(endpoint=get_own_endpoint(user, pk)).visible(timezone.now())
    return rows.select_related("event", "endpoint")


@contextmanager
def _translate_refusal() -> Iterator[None]:
    """Turn the refusal of a change into a conflict."""
    try:
        yield
    except EndpointError as error:
        raise ConflictError(str(error), "webhook_refused") from None


def _switch(row: WebhookEndpoint, enabled: bool | None, user: User) -> WebhookEndpoint:
    if enabled is None:
        return row
    if enabled:
        return endpoints.switch_on(row, user)
    return endpoints.switch_off(row, WebhookEndpoint.SwitchedOffBy.OWNER, user)
