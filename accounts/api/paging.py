"""Keyset pagination: newest first, by primary key, equally fast on every page."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework import serializers

from accounts.api.requests import RequestSerializer

M = TypeVar("M", bound=Model)

NEXT_CURSOR_HELP = "Send it as `cursor` for the next page; null on the last page."
_MAX_LIMIT = 200


class PageSerializer(RequestSerializer):
    """The page of a list that is requested."""

    cursor = serializers.UUIDField(required=False, help_text="`next` of the previous page.")
    limit = serializers.IntegerField(
        min_value=1, max_value=_MAX_LIMIT, default=50, help_text="Rows per page."
    )


def parse_cursor(text: str) -> UUID | None:
    """Return the cursor in the address of a page; anything else means the first page."""
    try:
        return UUID(text)
    except ValueError:
        return None


def fetch_page(rows: QuerySet[M], limit: int, cursor: UUID | None = None) -> tuple[list[M], str | None]:
    """Return up to ``limit`` rows older than the cursor, and the cursor of the next page or ``None``.

    ``rows`` must be in descending order of their time-ordered primary key.
    """
    older = rows.filter(pk__lt=cursor) if cursor else rows
    page = list(older[: limit + 1])
    return page[:limit], str(page[limit - 1].pk) if len(page) > limit else None
