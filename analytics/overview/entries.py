"""What the overview lists: entries found by sources, each of which needs a permission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.language.sentences import Text
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
    topic: Text
    find: Callable[[User, datetime], Sequence[Entry]]


@dataclass(frozen=True)
class EntryList:
    """The entries of one heading; ``empty`` says what will appear where there is none."""

    title: Text
    entries: Sequence[Entry]
    empty: Text

    @property
    def id(self) -> str:
        """The id of its heading on the page."""
        return slugify(str(self.title))


def build_oldest_first(
    title: Text, sources: Sequence[Source], user: User, now: datetime, nothing: Text
) -> EntryList | None:
    """Return what waits, the oldest first; ``None`` for a user who may see none of the sources."""
    allowed = [source for source in sources if user.has_perm(source.permission)]
    entries = [entry for source in allowed for entry in source.find(user, now)]
    ordered = sorted(entries, key=lambda entry: entry.at or now)
    return EntryList(title, ordered, describe_empty_list(nothing, allowed)) if allowed else None


def describe_empty_list(nothing: Text, sources: Sequence[Source]) -> str:
    """Return the sentence of an empty list: that nothing is there, and what will appear."""
    *others, last = dict.fromkeys(str(source.topic) for source in sources)
    topics = gettext("{names} and {last}").format(names=", ".join(others), last=last) if others else last
    return gettext("{nothing} Here will appear: {topics}.").format(nothing=nothing, topics=topics)


def link_list(table: str, query: str = "") -> str:
    """Return the address of the list of a table such as ``modelops_alert``."""
    return reverse(f"admin:{table}_changelist") + (f"?{query}" if query else "")


def link_row(table: str, key: object) -> str:
    """Return the address of the page of one row."""
    return reverse(f"admin:{table}_change", args=[key])
