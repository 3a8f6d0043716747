"""The addresses of the API, and the nearest one to an address that leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

API_PREFIX = "/api/"
_VERSION_PREFIX = "/api/v1/"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{8,36}|\d+")
_MAX_LENGTH = 200
"""Characters of an address that are compared; the longest of the API has half as many."""


def describe_missing_path(path: str) -> str:
    """Return the sentence about an address below ``/api/`` that leads nowhere, with the nearest that does."""
    nearest = find_nearest_path(path)
    hint = f"Did you mean {nearest}?" if nearest else "/api/docs lists all addresses."
    return f"There is nothing at this address. {hint}"


def find_nearest_path(path: str) -> str | None:
    """Return the address of the API that is most like another, with ``{id}`` for identifiers."""
    template = "/".join(
        "{id}" if _IDENTIFIER.fullmatch(part) else part for part in path.rstrip("/").split("/")
    )
    candidates = [template, template.replace(API_PREFIX, _VERSION_PREFIX, 1)]
    for candidate in candidates:
        if nearest := get_close_matches(candidate[:_MAX_LENGTH], list_api_paths(), n=1, cutoff=0.8):
            return nearest[0]
    return None


@cache
def list_api_paths() -> tuple[str, ...]:
    """Return every address of the API, with ``{id}`` for identifiers."""
    paths = (_CONVERTER.sub("{id}", f"/{route}") for route in _walk(get_resolver().url_patterns))
    return tuple(sorted({path for path in paths if path.startswith(API_PREFIX)}))


def _walk(patterns: Any, prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route
