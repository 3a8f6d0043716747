"""The client: one object for everything."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Iterable
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack, cast

from legal_names_client.asynchronous.connection import AsyncConnection
from legal_names_client.asynchronous.jobs import AsyncJobs
from legal_names_client.asynchronous.matters import AsyncMatters
from legal_names_client.asynchronous.notifications import AsyncNotifications
from legal_names_client.asynchronous.predictions import AsyncPredictions
from legal_names_client.asynchronous.reviews import AsyncReviews
from legal_names_client.asynchronous.sessions import AsyncApiKey, AsyncSession
from legal_names_client.asynchronous.webhooks import AsyncWebhooks
from legal_names_client.generated.api.categories import categories
from legal_names_client.generated.api.compare import compare, compare_batch, compare_profiles
from legal_names_client.generated.api.me import me
from legal_names_client.generated.api.models import models
from legal_names_client.generated.api.profiles import profiles
from legal_names_client.generated.api.usage import usage
from legal_names_client.generated.client import AuthenticatedClient
from legal_names_client.generated.models import (
    AllProfiles,
    BatchRequest,
    BatchResponse,
    Categories,
    Me,
    Models,
    Pair,
    Prediction,
    Problem,
    Profile,
    Profiles,
    Usage,
)
from legal_names_client.generated.types import Unset
from legal_names_client.pairs import Facts, PairInput, build_request, cut_into_batches
from legal_names_client.rate_limit import RateLimit
from legal_names_client.retry import RetryPolicy
from legal_names_client.values import ProfileId, build_model, choose_key, expect, leave_out_none


class AsyncClient:
    """A client of one server, as one user; safe to share, to be closed after use.

    Give an API key, or a ``session`` of a person. ``verify`` is an ``ssl.SSLContext`` for a certificate
    authority of your own. What does nothing twice is sent again by ``retry``; writes have idempotency keys.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        session: AsyncSession | None = None,
        retry: RetryPolicy | None = None,
        timeout: float = 60.0,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        if (api_key is None) == (session is None):
            raise ValueError("Give an API key or a session, one of the two.")
        credentials = session if session is not None else AsyncApiKey(cast("str", api_key))
        self._url = url
        self._connection = AsyncConnection(url, credentials, retry or RetryPolicy(), timeout, verify)
        self.predictions = AsyncPredictions(self._connection)
        self.reviews = AsyncReviews(self._connection)
        self.jobs = AsyncJobs(self._connection)
        self.matters = AsyncMatters(self._connection)
        self.webhooks = AsyncWebhooks(self._connection)
        self.notifications = AsyncNotifications(self._connection)

    @classmethod
    def from_environment(cls) -> Self:
        """Return a client of ``LEGAL_NAMES_URL`` with the key in ``LEGAL_NAMES_API_KEY``, or in the file that
        ``LEGAL_NAMES_API_KEY_FILE`` names.

        Raises ``ValueError`` with a sentence for people when one is missing.
        """
        url, key = os.environ.get("LEGAL_NAMES_URL"), os.environ.get("LEGAL_NAMES_API_KEY")
        if key_file := os.environ.get("LEGAL_NAMES_API_KEY_FILE"):
            key = Path(key_file).read_text(encoding="utf-8").strip()
        if not url or not key:
            missing = "LEGAL_NAMES_API_KEY" if url else "LEGAL_NAMES_URL"
            raise ValueError(f"Set the environment variable {missing}.")
        return cls(url, key)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.http.aclose()

    @property
    def api(self) -> AuthenticatedClient:
        """What the functions of ``legal_names_client.generated.api`` take as ``client``: all operations."""
        return self._connection.api

    @property
    def rate_limits(self) -> tuple[RateLimit, ...]:
        """The allowances that the last answer told of."""
        return self._connection.transport.rate_limits

    async def compare(
        self,
        name1: str,
        name2: str,
        *,
        profile: ProfileId | str = "general",
        matter: str | None = None,
        idempotency_key: str | None = None,
        **facts: Unpack[Facts],
    ) -> Prediction:
        """Compare two names as they were received; act on ``verdict`` of what is returned.

        ``matter`` is the reference of a matter of yours, whose members alone see the result.
        Raises InvalidRequestError when a name cannot be compared.
        """
        body = build_request({"name1": name1, "name2": name2, "matter": matter, **facts}, profile)
        key = choose_key(idempotency_key)
        return expect(
            Prediction, await compare.asyncio_detailed(client=self.api, body=body, idempotency_key=key)
        )

    async def compare_profiles(self, name1: str, name2: str, **facts: Unpack[Facts]) -> AllProfiles:
        """Compare two names under every profile; stored nowhere, costs three requests."""
        body = build_model(Pair, {"name1": name1, "name2": name2, **facts})
        return expect(AllProfiles, await compare_profiles.asyncio_detailed(client=self.api, body=body))

    async def compare_many(
        self,
        pairs: Iterable[PairInput],
        *,
        profile: ProfileId | str = "general",
        matter: str | None = None,
    ) -> AsyncIterator[Prediction | Problem]:
        """Yield one answer for each pair, in their order: a prediction, or why the pair cannot be compared.

        A pair is two names or a mapping with the fields of the API. 1,000 go into a request.
        """
        for batch in cut_into_batches(pairs, profile):
            body = BatchRequest(pairs=batch, matter=leave_out_none(matter))
            response = await compare_batch.asyncio_detailed(
                client=self.api, body=body, idempotency_key=choose_key(None)
            )
            for result in expect(BatchResponse, response).results:
                yield result.answer if not isinstance(result.answer, Unset) else cast("Problem", result.error)

    async def profiles(self) -> list[Profile]:
        """Return the legal regimes names can be compared under."""
        return expect(Profiles, await profiles.asyncio_detailed(client=self.api)).results

    async def categories(self) -> Categories:
        """Return the kinds of difference there are."""
        return expect(Categories, await categories.asyncio_detailed(client=self.api))

    async def models(self) -> Models:
        """Return what answers now under each profile."""
        return expect(Models, await models.asyncio_detailed(client=self.api))

    async def me(self) -> Me:
        """Return who is asking, with which role, permissions and key."""
        return expect(Me, await me.asyncio_detailed(client=self.api))

    async def usage(self, first: date | None = None, last: date | None = None) -> Usage:
        """Return what your account sent, by day and key, and what is left of its quotas.

        Days are UTC; the first of this month until today unless said.
        """
        response = await usage.asyncio_detailed(
            client=self.api, first=leave_out_none(first), last=leave_out_none(last)
        )
        return expect(Usage, response)
