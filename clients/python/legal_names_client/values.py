"""Values on their way to and from the generated code."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from uuid import UUID

import attrs

from legal_names_client.errors import UnexpectedAnswerError
from legal_names_client.generated.types import UNSET, Response, Unset

T = TypeVar("T")
PAGE_SIZE = 200

# Suggestions for editors; other values are sent as they are, since profiles are added without a new version.
ProfileId = Literal["general", "ucc", "strict", "kyc", "sanctions", "contract", "lc"]
KindId = Literal["auto", "organisation", "individual"]
RegisterSide = Literal["name1", "name2"]


class HasId(Protocol):
    """A prediction or anything else with an id."""

    @property
    def id(self) -> UUID:
        """The id."""


Identified = UUID | str | HasId


def read_id(thing: Identified) -> UUID:
    """Return the id of a thing that may be its id already. Raises ``ValueError`` for text that is no id."""
    if isinstance(thing, UUID):
        return thing
    return UUID(thing) if isinstance(thing, str) else thing.id


def leave_out_none(value: T | None) -> T | Unset:
    """Return what the generated code leaves out of a request when it is ``None``."""
    return UNSET if value is None else value


def read_unset(value: T | Unset) -> T | None:
    """Return ``None`` for what an answer left out."""
    return None if isinstance(value, Unset) else value


class GeneratedModel(attrs.AttrsInstance, Protocol):
    """A model of the generated code."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Return the model of these fields."""


Model = TypeVar("Model", bound=GeneratedModel)


def build_model(kind: type[Model], fields: Mapping[str, Any]) -> Model:
    """Return a model of these fields. Raises ``TypeError`` for one that it has not."""
    known = {field.name for field in attrs.fields(kind)} - {"additional_properties"}
    if unknown := set(fields) - known:
        names = ", ".join(sorted(known))
        raise TypeError(f"A {kind.__name__} has no {', '.join(sorted(unknown))}; there are {names}.")
    return kind.from_dict(fields)


def choose_key(key: str | None) -> str:
    """Return the caller's idempotency key, or a new one: every write has one."""
    return uuid.uuid4().hex if key is None else key


def expect(kind: type[T], response: Response[Any]) -> T:
    """Return the parsed answer. Raises UnexpectedAnswerError when it is of another kind."""
    if isinstance(response.parsed, kind):
        return response.parsed
    found = f"{response.status_code.value} with something else than a {kind.__name__}"
    raise UnexpectedAnswerError(f"{found}: is this the address of the API?")


def choose_proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY and so on)."""
    parts = urlsplit(url)
    proxies: Mapping[str, str] = getproxies()
    if proxy_bypass(parts.hostname or ""):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")
