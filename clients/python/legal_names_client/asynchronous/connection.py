"""What all groups of operations share: the connection, pages, and downloads."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

import httpx

from legal_names_client.asynchronous.sessions import AsyncCredentials
from legal_names_client.asynchronous.transport import STREAMED, AsyncTransport
from legal_names_client.errors import ConnectionLostError
from legal_names_client.generated.client import AuthenticatedClient
from legal_names_client.generated.types import UNSET, Response, Unset
from legal_names_client.retry import RetryPolicy
from legal_names_client.values import choose_proxy, expect

_DOWNLOAD_ATTEMPTS = 5
Row_co = TypeVar("Row_co", covariant=True)


class Page(Protocol[Row_co]):
    """A page of a list."""

    @property
    def results(self) -> Sequence[Row_co]:
        """The rows."""

    @property
    def next_(self) -> UUID | None:
        """The cursor of the next page; ``None`` on the last."""


class AsyncFetchPage(Protocol):
    """Asks for the page that begins at a cursor."""

    async def __call__(self, *, cursor: UUID | Unset) -> Response[Any]:
        """Return the answer."""


class AsyncConnection:
    """A connection to one server as one user. ``api`` is what the generated functions take as ``client``."""

    def __init__(
        self,
        url: str,
        credentials: AsyncCredentials,
        retry: RetryPolicy,
        timeout: float,
        verify: ssl.SSLContext | bool,
    ) -> None:
        inner = httpx.AsyncHTTPTransport(verify=verify, proxy=choose_proxy(url))
        self.transport = AsyncTransport(inner, credentials, retry)
        self.http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=timeout,
            transport=self.transport,
            headers={"User-Agent": f"legal-names-client/{version('legal-names-client')}"},
        )
        # The transport writes who asks; this token is never sent.
        self.api = AuthenticatedClient(base_url=url, token="").set_async_httpx_client(self.http)

    async def download(self, path: str, target: Path, params: Mapping[str, str] | None = None) -> None:
        """Write an answer into a file, which is there when it is whole; a broken download begins again."""
        part = target.with_name(f"{target.name}.part")
        for attempt in range(1, _DOWNLOAD_ATTEMPTS + 1):
            try:
                await self._write(path, part, params)
                break
            except httpx.TransportError as error:
                if attempt == _DOWNLOAD_ATTEMPTS:
                    raise ConnectionLostError(f"The download broke off {attempt} times.") from error
        os.replace(part, target)  # noqa: PTH105

    async def read(self, path: str) -> bytes:
        """Return an answer as it is."""
        response = await self.http.get(path)
        return response.content

    async def _write(self, path: str, part: Path, params: Mapping[str, str] | None) -> None:
        async with self.http.stream("GET", path, params=params, extensions={STREAMED: True}) as response:
            with part.open("wb") as file:
                async for piece in response.aiter_bytes():
                    file.write(piece)


async def walk_pages(kind: type[Page[Row_co]], fetch: AsyncFetchPage) -> AsyncIterator[Row_co]:
    """Yield the rows of every page, each page when it is needed."""
    cursor: UUID | Unset = UNSET
    while True:
        page = expect(kind, await fetch(cursor=cursor))
        for row in page.results:
            yield row
        if page.next_ is None:
            return
        cursor = page.next_
