"""What a draft changes, clause by clause: added, changed, renumbered and removed clauses with their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from feedback.models import Clause

_WORDS = re.compile(r"\s+|[^\s]+")


class ChangeKind(StrEnum):
    """What happened to a clause between two versions."""

    ADDED = "added"
    CHANGED = "changed"
    RENUMBERED = "renumbered"
    REMOVED = "removed"


class WordKind(StrEnum):
    """Whether words stand in both texts, in the old one only, or in the new one only."""

    KEPT = "kept"
    DELETED = "deleted"
    INSERTED = "inserted"


class Words(NamedTuple):
    """Words that follow one another and have the same fate."""

    text: str
    kind: WordKind


@dataclass(frozen=True)
class ClauseChange:
    """One clause before and after; a part is ``None`` where the clause does not exist."""

    kind: ChangeKind
    before: Clause | None
    after: Clause | None

    @property
    def clause(self) -> Clause:
        """The clause as it will read, or as it read if it is removed. Raises ``ValueError`` without any."""
        clause = self.after or self.before
        if clause is None:
            raise ValueError("a change has a clause")
        return clause

    @property
    def title(self) -> list[Words]:
        """The words of the title."""
        return compare_words(_read(self.before, "title"), _read(self.after, "title"))

    @property
    def text(self) -> list[Words]:
        """The words of the text."""
        return compare_words(_read(self.before, "text"), _read(self.after, "text"))

    @property
    def earlier_number(self) -> str:
        """The number it had; empty if it is the same or the clause is new."""
        if self.before is None or self.after is None or self.before.number == self.after.number:
            return ""
        return self.before.number

    @property
    def lost_categories(self) -> list[str]:
        """Categories of difference that it no longer applies to."""
        return sorted(_get_categories(self.before) - _get_categories(self.after))

    @property
    def new_categories(self) -> list[str]:
        """Categories of difference that it newly applies to."""
        return sorted(_get_categories(self.after) - _get_categories(self.before))


def compare_clauses(before: Sequence[Clause], after: Sequence[Clause]) -> list[ClauseChange]:
    """Return what differs, in the order of the new version; a removed clause stands at its old number.

    A clause is the same one if its title is, or else its number; so a new clause in the middle renumbers the
    following ones and changes none.
    """
    pairs = _pair_clauses(before, after)
    changes = [change for row in after if (change := _classify(pairs.get(row.pk), row))]
    kept = {row.pk for row in pairs.values()}
    changes += [ClauseChange(ChangeKind.REMOVED, row, None) for row in before if row.pk not in kept]
    return sorted(changes, key=lambda change: split_number(change.clause.number))


def compare_words(before: str, after: str) -> list[Words]:
    """Return the words of two texts, those of the old one before those that replace them."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    return [words for words in _walk(old, new) if words.text]


def split_number(number: str) -> list[tuple[int, str]]:
    """Return a key that puts 2.10 behind 2.9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in number.split(".")]


def _walk(old: Sequence[str], new: Sequence[str]) -> Iterator[Words]:
    for name, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if name == "equal":
            yield Words("".join(old[old_from:old_to]), WordKind.KEPT)
            continue
        yield Words("".join(old[old_from:old_to]), WordKind.DELETED)
        yield Words("".join(new[new_from:new_to]), WordKind.INSERTED)


def _pair_clauses(before: Sequence[Clause], after: Sequence[Clause]) -> dict[int, Clause]:
    """Return the old clause of each new one that has one, by the id of the new one."""
    pairs: dict[int, Clause] = {}
    for name in ("title", "number"):
        taken = {row.pk for row in pairs.values()}
        free = {getattr(row, name): row for row in reversed(before) if row.pk not in taken}
        for row in after:
            if row.pk not in pairs and getattr(row, name) in free:
                pairs[row.pk] = free.pop(getattr(row, name))
    return pairs


def _classify(before: Clause | None, after: Clause) -> ClauseChange | None:
    if before is None:
        return ClauseChange(ChangeKind.ADDED, None, after)
    if _get_content(before) != _get_content(after):
        return ClauseChange(ChangeKind.CHANGED, before, after)
    if before.number != after.number:
        return ClauseChange(ChangeKind.RENUMBERED, before, after)
    return None


def _get_content(clause: Clause) -> tuple[str, str, set[str]]:
    return clause.title, clause.text, _get_categories(clause)


def _get_categories(clause: Clause | None) -> set[str]:
    return set(clause.categories) if clause else set()


def _read(clause: Clause | None, name: str) -> str:
    return str(getattr(clause, name)) if clause else ""
