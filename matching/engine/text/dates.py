"""Dates in names: the date of a trust is part of its name and is written in many ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.language.wording import Sentence
from matching.engine.text.tokenise import TokenisedName, Tokens, get_tokens_span
from matching.engine.types import Finding, mirror_finding

MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
MONTH_NUMBERS: Final = {
    word: month for month, name in enumerate(MONTH_NAMES, 1) for word in (name, name[:3])
} | {"sept": 9}
_DATE_HINT: Final = re.compile(r"\d(?:\d{3}|[/-]\d{1,2}[/-]\d)")
"""A cheap test that every name with a date passes, and most other names do not.

It begins with one class of characters, which the search for a pattern looks for at many times the speed.
"""

_DOTTED_DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_LAST_DAY: Final = 31

DATE_OPENINGS: Final = frozenset({"dated", "dtd", "uad", "udt", "uta"})
"""Words that announce the date of a trust (``under agreement dated``)."""

MonthDay = tuple[int, int]
"""Month and day of the month."""


class DateMention(NamedTuple):
    """Tokens ``[start, stop)`` that are a date, with its possible days: ``1/2/01`` is one of two."""

    start: int
    stop: int
    days: frozenset[MonthDay]
    years: frozenset[int]

    def remove_from(self, tokens: Tokens) -> Tokens:
        """Return the tokens without the date."""
        return tokens[: self.start] + tokens[self.stop :]


def remove_dates(
    left: Tokens, right: Tokens, texts: tuple[TokenisedName, TokenisedName]
) -> tuple[Tokens, Tokens, list[Finding]]:
    """Return both names without a date that they write differently or that one lacks, and the finding."""
    one, other = texts
    is_left_dated, is_right_dated = _DATE_HINT.search(one.raw), _DATE_HINT.search(other.raw)
    if is_left_dated and is_right_dated:
        return _remove_shared_date(left, right, texts)
    if is_left_dated and (found := _find_dated_phrase(left, one.raw)):
        finding = _build_missing_date(left[found.start : found.stop])
        return found.remove_from(left), right, [finding]
    if is_right_dated and (found := _find_dated_phrase(right, other.raw)):
        finding = _build_missing_date(right[found.start : found.stop])
        return left, found.remove_from(right), [mirror_finding(finding)]
    return left, right, []


def _remove_shared_date(
    left: Tokens, right: Tokens, texts: tuple[TokenisedName, TokenisedName]
) -> tuple[Tokens, Tokens, list[Finding]]:
    """Return both names without the date that they share but write differently, and the finding.

    Where the order of month and day is uncertain, the finding has the case ``unclear``.
    """
    one, other = _find_single_date(left, texts[0].raw), _find_single_date(right, texts[1].raw)
    if one is None or other is None or one.days.isdisjoint(other.days) or one.years.isdisjoint(other.years):
        return left, right, []
    ours, theirs = left[one.start : one.stop], right[other.start : other.stop]
    rest_left, rest_right = one.remove_from(left), other.remove_from(right)
    if [token.key for token in ours] == [token.key for token in theirs] or not (rest_left and rest_right):
        return left, right, []
    detail, note = _explain_date(one.days | other.days)
    return (
        rest_left,
        rest_right,
        [
            Finding(
                CategoryId.O21_NUMBER_NOTATION,
                get_tokens_span(ours),
                get_tokens_span(theirs),
                detail,
                note=note,
            )
        ],
    )


def _build_missing_date(tokens: Tokens) -> Finding:
    return Finding(CategoryId.O20_NUMBER, get_tokens_span(tokens), None, CategoryCase.MISSING_DATE)


def _find_dated_phrase(tokens: Tokens, raw: str) -> DateMention | None:
    """Return the only date of a name with the word before it that announces it (``dated March 3, 2011``)."""
    found = _find_single_date(tokens, raw)
    if found is None or (found.start, found.stop) == (0, len(tokens)):
        return None
    is_announced = found.start > 1 and tokens[found.start - 1].key in DATE_OPENINGS
    return found._replace(start=found.start - 1) if is_announced else found


def _explain_date(days: frozenset[MonthDay]) -> tuple[CategoryCase, str]:
    """Return the case and the note of the finding."""
    if len(days) == 1:
        return CategoryCase.NONE, str(Sentence.ONE_DATE)
    read = [Sentence.DAY.format(day=day, month=MONTH_NAMES[month - 1].title()) for month, day in sorted(days)]
    return CategoryCase.UNCLEAR_DATE, Sentence.UNCLEAR_DATE.format(days=Sentence.OR.join(read))


def _find_single_date(tokens: Tokens, raw: str) -> DateMention | None:
    """Return the date of a name that holds exactly one."""
    found = list(_find_dates(tokens, raw))
    return found[0] if len(found) == 1 else None


def _find_dates(tokens: Tokens, raw: str) -> Iterator[DateMention]:
    at = 0
    while at < len(tokens):
        found = _parse_date_words(tokens, at) or _parse_numeric_date(tokens, at, raw)
        if found:
            yield found
        at = found.stop if found else at + 1


def _parse_date_words(tokens: Tokens, at: int) -> DateMention | None:
    """Parse ``January 2, 2001``, ``2 January 2001``, ``2nd day of January, 2001``."""
    keys = [token.key for token in tokens[at : at + 5]]
    if keys[1:3] == ["day", "of"]:
        del keys[1:3]
        stop = at + 5
    else:
        stop = at + 3
    for month, day in ((0, 1), (1, 0)):
        if len(keys) > 2 and keys[month] in MONTH_NUMBERS and keys[day].isdecimal() and _is_year(keys[2]):
            return _build_date(at, stop, [(MONTH_NUMBERS[keys[month]], int(keys[day]))], [int(keys[2])])
    return None


def _parse_numeric_date(tokens: Tokens, at: int, raw: str) -> DateMention | None:
    """Parse ``2001-01-02``, ``2.1.2001`` (day first), ``1/2/2001`` and ``1/2/01`` (either order)."""
    dotted = _DOTTED_DATE.fullmatch(tokens[at].text)
    if dotted:
        day, month, year = map(int, dotted.groups())
        return _build_date(at, at + 1, [(month, day)], [year])
    three = tokens[at : at + 3]
    if len(three) < 3 or not all(token.text.isdecimal() for token in three):
        return None
    if {raw[three[0].end : three[1].start], raw[three[1].end : three[2].start]} not in ({"/"}, {"-"}):
        return None
    first, second, third = [int(token.text) for token in three]
    if _is_year(three[0].text):
        return _build_date(at, at + 3, [(second, third)], [first])
    years = [third] if _is_year(three[2].text) else [1900 + third, 2000 + third] if third < 100 else []
    return _build_date(at, at + 3, [(first, second), (second, first)], years)


def _build_date(start: int, stop: int, days: list[MonthDay], years: list[int]) -> DateMention | None:
    """Return the date if any of its readings is a day of the calendar."""
    real = frozenset([(month, day) for month, day in days if 1 <= month <= 12 and 1 <= day <= _LAST_DAY])
    return DateMention(start, stop, real, frozenset(years)) if real and years else None


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and text[0] in "12"
