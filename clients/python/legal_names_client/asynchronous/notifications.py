"""What you were told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from legal_names_client.asynchronous.connection import AsyncConnection, walk_pages
from legal_names_client.generated.api.notifications import (
    notification_list,
    notification_read,
    notification_read_all,
)
from legal_names_client.generated.models import Notification, NotificationPage, ReadAnswer
from legal_names_client.values import PAGE_SIZE, Identified, expect, read_id


class AsyncNotifications:
    """Your notifications."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._api = connection.api

    def list(self, *, unread: bool = False) -> AsyncIterator[Notification]:
        """Yield them, newest first."""
        fetch = partial(notification_list.asyncio_detailed, client=self._api, limit=PAGE_SIZE, unread=unread)
        return walk_pages(NotificationPage, fetch)

    async def mark_read(self, notification: Identified) -> Notification:
        """Mark one as read."""
        response = await notification_read.asyncio_detailed(read_id(notification), client=self._api)
        return expect(Notification, response)

    async def mark_all_read(self) -> ReadAnswer:
        """Mark all as read."""
        return expect(ReadAnswer, await notification_read_all.asyncio_detailed(client=self._api))
