"""Matters: case references with members, and nobody else sees what belongs to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from legal_names_client.asynchronous.connection import AsyncConnection, walk_pages
from legal_names_client.generated.api.matters import (
    matter,
    matter_change,
    matter_close,
    matter_create,
    matter_member_add,
    matter_member_remove,
    matter_members,
    matter_reopen,
    matters,
)
from legal_names_client.generated.models import (
    Matter,
    MatterPage,
    MatterRequest,
    Member,
    MemberList,
    MemberRequest,
    PatchedMatterChange,
)
from legal_names_client.values import (
    PAGE_SIZE,
    Identified,
    choose_key,
    expect,
    leave_out_none,
    read_id,
)


class AsyncMatters:
    """Matters that you are a member of."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._api = connection.api

    async def create(
        self, client_number: str, matter_number: str, note: str = "", *, idempotency_key: str | None = None
    ) -> Matter:
        """Open a matter; its ``reference`` is what comparisons, jobs and lists take as ``matter``."""
        body = MatterRequest(client_number=client_number, matter_number=matter_number, note=note)
        key = choose_key(idempotency_key)
        return expect(
            Matter, await matter_create.asyncio_detailed(client=self._api, body=body, idempotency_key=key)
        )

    async def get(self, matter_id: Identified) -> Matter:
        """Return one matter."""
        return expect(Matter, await matter.asyncio_detailed(read_id(matter_id), client=self._api))

    def list(self, *, search: str | None = None) -> AsyncIterator[Matter]:
        """Yield your matters, newest first."""
        fetch = partial(
            matters.asyncio_detailed, client=self._api, limit=PAGE_SIZE, search=leave_out_none(search)
        )
        return walk_pages(MatterPage, fetch)

    async def change(
        self,
        matter_id: Identified,
        *,
        client_number: str | None = None,
        matter_number: str | None = None,
        note: str | None = None,
    ) -> Matter:
        """Change an open matter that you manage: its note, and its numbers if you made it.

        What is left out stays. Raises ConflictError (``matter_refused``) when it is closed, or when another
        one has the numbers.
        """
        body = PatchedMatterChange(
            client_number=leave_out_none(client_number),
            matter_number=leave_out_none(matter_number),
            note=leave_out_none(note),
        )
        response = await matter_change.asyncio_detailed(read_id(matter_id), client=self._api, body=body)
        return expect(Matter, response)

    async def close(self, matter_id: Identified) -> Matter:
        """End additions to a matter that you manage; members still read it."""
        return expect(Matter, await matter_close.asyncio_detailed(read_id(matter_id), client=self._api))

    async def reopen(self, matter_id: Identified) -> Matter:
        """Let comparisons and files be added again to a closed matter that you manage."""
        return expect(Matter, await matter_reopen.asyncio_detailed(read_id(matter_id), client=self._api))

    async def list_members(self, matter_id: Identified) -> Sequence[Member]:
        """Return who sees it."""
        response = await matter_members.asyncio_detailed(read_id(matter_id), client=self._api)
        return expect(MemberList, response).results

    async def add_member(self, matter_id: Identified, email: str, *, is_manager: bool = False) -> Member:
        """Let somebody see it; managers add and remove members, change and close it."""
        body = MemberRequest(email=email, is_manager=is_manager)
        response = await matter_member_add.asyncio_detailed(read_id(matter_id), client=self._api, body=body)
        return expect(Member, response)

    async def remove_member(self, matter_id: Identified, user: Identified) -> None:
        """End a membership, also your own: from then on that person sees nothing of the matter."""
        await matter_member_remove.asyncio_detailed(read_id(matter_id), read_id(user), client=self._api)
