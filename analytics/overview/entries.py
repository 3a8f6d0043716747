"""What the overview lists: entries found by sources, each of which needs a permission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.text import slugify

from accounts.dates import format_moment
from accounts.models import User

MAX_ENTRIES = 5
"""Rows that one source names; the pages behind the links show all."""


@dataclass(frozen=True)
class Entry:
    """One line with the page to open, and the moment since when it waits or at which it happened."""

    text: str
    href: str
    at: datetime | None = None

    @property
    def moment(self) -> str:
        """The moment as screens show it; empty without one."""
        return format_moment(self.at) if self.at else ""


@dataclass(frozen=True)
class Source:
    """Finds entries for a user who holds a permission; ``topic`` names what will appear. One query each."""

    permission: str
    topic: str
    find: Callable[[User, datetime], Sequence[Entry]]


@dataclass(frozen=True)
class EntryList:
    """The entries of one heading; ``empty`` says what will appear where there is none."""

    title: str
    entries: Sequence[Entry]
    empty: str

    @property
    def id(self) -> str:
        """The id of its heading on the page."""
        return slugify(self.title)


def build_oldest_first(
    title: str, sources: Sequence[Source], user: User, now: datetime, nothing: str
) -> EntryList | None:
    """Return what waits, the oldest first; ``None`` for a user who may see none of the sources."""
    allowed = [source for source in sources if user.has_perm(source.permission)]
    entries = [entry for source in allowed for entry in source.find(user, now)]
    ordered = sorted(entries, key=lambda entry: entry.at or now)
    return EntryList(title, ordered, describe_empty_list(nothing, allowed)) if allowed else None


def describe_empty_list(nothing: str, sources: Sequence[Source]) -> str:
    """Return the sentence of an empty list: that nothing is there, and what will appear."""
    *others, last = dict.fromkeys(source.topic for source in sources)
    topics = f"{', '.join(others)} and {last}" if others else last
    return f"{nothing} Here will appear: {topics}."


def link_list(table: str, query: str = "") -> str:
    """Return the address of the list of a table such as ``modelops_alert``."""
    return reverse(f"admin:{table}_changelist") + (f"?{query}" if query else "")


def link_row(table: str, key: object) -> str:
    """Return the address of the page of one row."""
    return reverse(f"admin:{table}_change", args=[key])


def count_words(count: int, one: str, many: str) -> str:
    """Return a number with its noun, for example "1 item" or "1,200 items"."""
    return f"{count:,} {one if count == 1 else many}"
