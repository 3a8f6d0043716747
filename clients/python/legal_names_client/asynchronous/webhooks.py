"""Webhooks of yours: addresses, secrets, and the log of deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import cast

from legal_names_client.asynchronous.connection import AsyncConnection, walk_pages
from legal_names_client.generated.api.webhooks import (
    webhook,
    webhook_change,
    webhook_create,
    webhook_deliveries,
    webhook_delivery,
    webhook_redeliver,
    webhook_remove,
    webhook_rotate,
    webhook_test,
    webhooks,
)
from legal_names_client.generated.models import (
    Delivery,
    DeliveryDetail,
    DeliveryPage,
    Endpoint,
    EndpointPage,
    EndpointRequest,
    EndpointWithSecret,
    EventsEnum,
    PatchedEndpointChange,
    Rotation,
    WebhookDeliveriesState,
)
from legal_names_client.values import PAGE_SIZE, Identified, build_model, expect, leave_out_none, read_id


class AsyncWebhooks:
    """Addresses of your programs that are told what happened (scope ``webhooks``)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._api = connection.api

    async def create(
        self, url: str, events: Sequence[EventsEnum], description: str = ""
    ) -> EndpointWithSecret:
        """Register an https address; keep the ``secret`` of what is returned, it is shown this once."""
        body = EndpointRequest(url=url, events=list(events), description=description)
        return expect(EndpointWithSecret, await webhook_create.asyncio_detailed(client=self._api, body=body))

    def list(self) -> AsyncIterator[Endpoint]:
        """Yield your webhooks."""
        return walk_pages(EndpointPage, partial(webhooks.asyncio_detailed, client=self._api, limit=PAGE_SIZE))

    async def get(self, webhook_id: Identified) -> Endpoint:
        """Return one webhook."""
        return expect(Endpoint, await webhook.asyncio_detailed(read_id(webhook_id), client=self._api))

    async def change(self, webhook_id: Identified, **changes: object) -> Endpoint:
        """Change fields such as ``events``, ``description`` or ``is_active``."""
        body = build_model(PatchedEndpointChange, changes)
        response = await webhook_change.asyncio_detailed(read_id(webhook_id), client=self._api, body=body)
        return expect(Endpoint, response)

    async def delete(self, webhook_id: Identified) -> None:
        """Tell this address nothing any more."""
        await webhook_remove.asyncio_detailed(read_id(webhook_id), client=self._api)

    async def send_test(self, webhook_id: Identified) -> Delivery:
        """Have a ``webhook.test`` sent."""
        return expect(Delivery, await webhook_test.asyncio_detailed(read_id(webhook_id), client=self._api))

    async def rotate(self, webhook_id: Identified, overlap_hours: int = 24) -> EndpointWithSecret:
        """Return a new secret; for the overlap the old one signs as well."""
        response = await webhook_rotate.asyncio_detailed(
            read_id(webhook_id), client=self._api, body=Rotation(overlap_hours=overlap_hours)
        )
        return expect(EndpointWithSecret, response)

    def list_deliveries(self, webhook_id: Identified, state: str | None = None) -> AsyncIterator[Delivery]:
        """Yield the log of the last 30 days, newest first."""
        fetch = partial(
            webhook_deliveries.asyncio_detailed,
            read_id(webhook_id),
            client=self._api,
            limit=PAGE_SIZE,
            state=leave_out_none(cast("WebhookDeliveriesState | None", state)),
        )
        return walk_pages(DeliveryPage, fetch)

    async def get_delivery(self, webhook_id: Identified, delivery: Identified) -> DeliveryDetail:
        """Return a delivery with its message and the outcome of every attempt."""
        response = await webhook_delivery.asyncio_detailed(
            read_id(webhook_id), read_id(delivery), client=self._api
        )
        return expect(DeliveryDetail, response)

    async def redeliver(self, webhook_id: Identified, delivery: Identified) -> Delivery:
        """Send a message again."""
        response = await webhook_redeliver.asyncio_detailed(
            read_id(webhook_id), read_id(delivery), client=self._api
        )
        return expect(Delivery, response)
