"""Credentials of a request: an API key, or a person's session whose access token is renewed when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import httpx

from legal_names_client.errors import AuthenticationError, build_error
from legal_names_client.waiting_async import Lock

_TOKEN_PATH, _REFRESH_PATH = "/api/v1/token", "/api/v1/token/refresh"  # addresses


class AsyncSend(Protocol):
    """Sends one request and returns its answer, read."""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, a refusal too."""


class AsyncCredentials(Protocol):
    """What signs requests."""

    async def authorize(self, request: httpx.Request, send: AsyncSend) -> None:
        """Write the header that says who asks."""

    async def renew(self, refused: httpx.Request, send: AsyncSend) -> bool:
        """After a 401: say whether there are newer credentials, so that the request may be sent once more."""


class AsyncApiKey:
    """The key of a machine."""

    def __init__(self, key: str) -> None:
        self._header = f"Api-Key {key}"

    async def authorize(self, request: httpx.Request, send: AsyncSend) -> None:
        """Write the key into the request."""
        request.headers["Authorization"] = self._header

    async def renew(self, refused: httpx.Request, send: AsyncSend) -> bool:
        """Return false: a key that is refused stays refused."""
        return False


class AsyncSession:
    """A person's session: signs in at the first request, and renews its tokens one request at a time.

    ``code`` is the second factor: a function that returns the code of the authenticator app now, or the code
    itself, which serves once.
    """

    def __init__(self, email: str, password: str, code: str | Callable[[], str] | None = None) -> None:
        self._email, self._password, self._code = email, password, code
        self._access = self._refresh = ""
        self._lock = Lock()

    async def authorize(self, request: httpx.Request, send: AsyncSend) -> None:
        """Write the access token into the request; sign in first when there is none."""
        async with self._lock:
            if not self._access:
                await self._sign_in(request.url, send)
        request.headers["Authorization"] = f"Bearer {self._access}"

    async def renew(self, refused: httpx.Request, send: AsyncSend) -> bool:
        """Return true with a newer access token: another thread's, a refreshed one, or a new session's."""
        async with self._lock:
            if refused.headers.get("Authorization") == f"Bearer {self._access}":
                await self._refresh_tokens(refused.url, send)
        return True

    async def _refresh_tokens(self, url: httpx.URL, send: AsyncSend) -> None:
        try:
            await self._fetch_tokens(
                url.copy_with(raw_path=_REFRESH_PATH.encode()), {"refresh": self._refresh}, send
            )
        except AuthenticationError:
            await self._sign_in(url, send)

    async def _sign_in(self, url: httpx.URL, send: AsyncSend) -> None:
        form = {"email": self._email, "password": self._password}
        if self._code is not None:
            form["code"] = self._code() if callable(self._code) else self._code
        await self._fetch_tokens(url.copy_with(raw_path=_TOKEN_PATH.encode()), form, send)

    async def _fetch_tokens(self, url: httpx.URL, form: dict[str, str], send: AsyncSend) -> None:
        response = await send(httpx.Request("POST", url, json=form))
        if response.is_error:
            raise build_error(response)
        tokens = response.json()
        self._access, self._refresh = tokens["access"], tokens["refresh"]
