"""Every request passes here: it is signed, sent, and sent again where that does nothing twice."""

from __future__ import annotations

import logging

import httpx

from legal_names_client.asynchronous.sessions import AsyncCredentials
from legal_names_client.errors import ConnectionLostError, build_error
from legal_names_client.rate_limit import RateLimit, read_rate_limits
from legal_names_client.retry import RetryPolicy
from legal_names_client.waiting_async import sleep

# Extension of a request whose answer is read by the caller, piece by piece.
STREAMED = "legal_names_client.streamed"
_log = logging.getLogger("legal_names_client")


class AsyncTransport(httpx.AsyncBaseTransport):
    """Signs, retries, and remembers the limits that the last answer told.

    Logs method, path and status of what is sent again: never a name, a body or a credential.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, credentials: AsyncCredentials, retry: RetryPolicy
    ) -> None:
        self._inner, self._credentials, self._retry = inner, credentials, retry
        self.rate_limits: tuple[RateLimit, ...] = ()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, read unless the caller streams it. Raises ApiError or ConnectionLostError."""
        await self._credentials.authorize(request, self._send)
        response = await self._send(request)
        if response.status_code == httpx.codes.UNAUTHORIZED and await self._credentials.renew(
            request, self._send
        ):
            await self._credentials.authorize(request, self._send)
            response = await self._send(request)
        if response.is_error:
            raise build_error(response)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Return the last answer, a refusal too. Raises ConnectionLostError when there was none."""
        attempt = 1
        while True:
            outcome = await self._attempt(request)
            wait = self._retry.choose_wait(attempt, request, outcome)
            if wait is None:
                break
            told = outcome.status_code if isinstance(outcome, httpx.Response) else type(outcome).__name__
            _log.info("%s %s: %s, again in %.1f s", request.method, request.url.path, told, wait)
            await sleep(wait)
            attempt += 1
        if isinstance(outcome, httpx.Response):
            return outcome
        reason = str(outcome) or type(outcome).__name__
        raise ConnectionLostError(f"{request.url.host}: {reason} ({attempt} attempts)") from outcome

    async def _attempt(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            response = await self._inner.handle_async_request(request)
            response.request = request
            if response.is_error or STREAMED not in request.extensions:
                await response.aread()
                await response.aclose()
        except httpx.TransportError as error:
            return error
        self.rate_limits = read_rate_limits(response.headers) or self.rate_limits
        return response
