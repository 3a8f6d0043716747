"""The text of a version of the guideline as its page shows it: chapters, hits of a search, validity."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from feedback.models import Clause, Guideline

MAX_SEARCH_LENGTH = 100
"""Most characters of a search; the rest is cut off."""


class Segment(NamedTuple):
    """A piece of a text, and whether it is what was searched for."""

    text: str
    is_hit: bool


class ClauseText(NamedTuple):
    """A clause with title and text in segments."""

    clause: Clause
    title: list[Segment]
    text: list[Segment]


class Chapter(NamedTuple):
    """The clauses whose numbers begin alike; ``title`` is empty where the guideline names none."""

    number: str
    title: str
    clauses: list[ClauseText]

    @property
    def anchor(self) -> str:
        """The id of the chapter on the page."""
        return f"chapter-{self.number}"


class Validity(NamedTuple):
    """From when to when a version was in force; ``None`` stands for *not yet*."""

    since: datetime | None
    until: datetime | None


def split_search(query: str) -> list[str]:
    """Return the words of a search, each once, in lower case."""
    return list(dict.fromkeys(query[:MAX_SEARCH_LENGTH].lower().split()))


def build_chapters(clauses: Sequence[Clause], words: Sequence[str] = ()) -> list[Chapter]:
    """Return the clauses that contain every word, by chapter, with the words marked; all without a word."""
    found = [clause for clause in clauses if _contains(clause, words)]
    return [
        _build_chapter(number, list(group), words)
        for number, group in groupby(found, key=lambda clause: clause.number.partition(".")[0])
    ]


def mark_words(text: str, words: Sequence[str]) -> list[Segment]:
    """Return a text in segments; those that equal a word without regard to case are hits."""
    if not words:
        return [Segment(text, False)]
    longest_first = sorted(words, key=len, reverse=True)
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return [Segment(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def find_validity(guideline: Guideline) -> Validity:
    """Return when a version was in force: until the next version was published."""
    if guideline.published_at is None:
        return Validity(None, None)
    later = Guideline.objects.filter(published_at__gt=guideline.published_at).order_by("published_at")
    return Validity(guideline.published_at, later.values_list("published_at", flat=True).first())


def _build_chapter(number: str, clauses: Sequence[Clause], words: Sequence[str]) -> Chapter:
    title = next((clause.chapter for clause in clauses if clause.chapter), "")
    rows = [
        ClauseText(clause, mark_words(clause.title, words), mark_words(clause.text, words))
        for clause in clauses
    ]
    return Chapter(number, title, rows)


def _contains(clause: Clause, words: Sequence[str]) -> bool:
    text = f"{clause.number} {clause.title} {clause.text}".lower()
    return all(word in text for word in words)
