"""Roles of the words of a personal name: surname, given name, middle name, patronymic, particle.

The input are the segments that remain without titles, suffixes and phrases. When a comma divides them the
first is the surname; otherwise capitals and the customs of name order decide.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from matching.engine.person.lexicon import load_name_lists, load_word_lists
from matching.engine.person.types import GIVEN, MIDDLE, PATRONYMIC, SURNAME, ParsedPerson, Role
from matching.engine.text.tokenise import Token

TokensByField = dict[str, list[Token]]


def build_core_fields(raw: str, segments: list[list[Token]], parts: TokensByField) -> dict[str, object]:
    """Return the fields of :class:`ParsedPerson` for the name proper; other words are added to ``parts``."""
    comma = len(segments) > 1
    fathers: set[Token] = set()
    if not _list_special_words().isdisjoint([token.key for segment in segments for token in segment]):
        remaining = _extract_special_words(raw, segments, parts, fathers)
        segments = remaining if any(remaining) else segments
    core = [token for segment in segments for token in segment]
    roles = _assign_comma_roles(segments) if comma else _assign_natural_roles(raw, core, parts)
    if fathers:
        roles = [
            PATRONYMIC if token in fathers and role != SURNAME else role
            for token, role in zip(core, roles, strict=True)
        ]
    return _build_role_fields(raw, core, roles, comma)


@lru_cache(maxsize=1)
def _list_special_words() -> frozenset[str]:
    lists = load_word_lists()
    compounds = lists.abd | lists.kunya | lists.faith_endings
    return compounds | lists.particles | lists.nasab | lists.placeholders | lists.trade_words


def _extract_special_words(
    raw: str, segments: list[list[Token]], parts: TokensByField, fathers: set[Token]
) -> list[list[Token]]:
    """Join compound names and move trade words, placeholders and particles to ``parts``."""
    comma = len(segments) > 1
    segments = [_merge_compound_names(raw, segment) for segment in segments]
    if not comma:
        segments[0] = _extract_trade_words(segments[0], parts)
    segments = [_extract_placeholders(segment, parts, comma) for segment in segments]
    first_words = {token.key for token in segments[0][:1]}
    written_last = comma and first_words.isdisjoint(load_name_lists().family_first)
    return [
        _extract_particles(raw, segment, parts, fathers, comma and index == 0, written_last and index > 0)
        for index, segment in enumerate(segments)
    ]


def _build_role_fields(raw: str, core: list[Token], roles: list[Role], comma: bool) -> dict[str, object]:
    by_role: dict[Role, list[Token]] = {SURNAME: [], GIVEN: [], MIDDLE: [], PATRONYMIC: []}
    for token, role in zip(core, roles, strict=True):
        by_role[role].append(token)
    return {
        "core": tuple(core),
        "roles": tuple(roles),
        "surname": tuple(by_role[SURNAME]),
        "given": tuple(by_role[GIVEN]),
        "middle": tuple(by_role[MIDDLE]),
        "patronymic": tuple(by_role[PATRONYMIC]),
        "comma": comma,
        "mononym": len(core) == 1,
        "double_surname": _describe_double_surname(raw, by_role[SURNAME]),
    }


def _describe_double_surname(raw: str, surname: list[Token]) -> str:
    if len(surname) < 2:
        return ""
    return "hyphen" if any(_is_hyphenated(raw, one, two) for one, two in pairwise(surname)) else "space"


def _is_hyphenated(raw: str, left: Token, right: Token) -> bool:
    return raw[left.end : right.start].strip() in ("-", "‐", "‑", "–")


def _join_tokens(raw: str, tokens: list[Token], key: str) -> Token:
    start, end = tokens[0].start, tokens[-1].end
    return Token(key, start, end, raw[start:end])


def _merge_compound_names(raw: str, segment: list[Token]) -> list[Token]:
    """Join the words of compound given names into one token: Abd al-Rahman, Abu Bakr, Salah ad-Din."""
    lists = load_word_lists()
    if len(segment) < 2 or _list_compound_words().isdisjoint([token.key for token in segment]):
        return segment
    merged: list[Token] = []
    at = 0
    while at < len(segment):
        size = _count_compound_words(segment, at)
        key = segment[at].key
        if size > 1:
            prefix = "abd" if key in lists.abd else key
            merged.append(_join_tokens(raw, segment[at : at + size], prefix + segment[at + size - 1].key))
        else:
            merged.append(segment[at])
        at += size
    return merged


@lru_cache(maxsize=1)
def _list_compound_words() -> frozenset[str]:
    return load_word_lists().abd | load_word_lists().kunya | load_word_lists().faith_endings


def _count_compound_words(segment: list[Token], at: int) -> int:
    """Return how many words from ``at`` on make one name."""
    lists, left = load_word_lists(), len(segment) - at
    article = left > 2 and segment[at + 1].key in lists.articles
    if segment[at].key in lists.abd or segment[at].key in lists.kunya:
        return 3 if article else min(left, 2)
    return 3 if article and segment[at + 2].key in lists.faith_endings else 1


def _extract_trade_words(segment: list[Token], parts: TokensByField) -> list[Token]:
    """Move trade words to ``parts``; the first word stays."""
    trade = [token for token in segment[1:] if token.key in load_word_lists().trade_words]
    if trade:
        parts.setdefault("trade", []).extend(trade)
        return [token for token in segment if token not in trade and token.key != "and"] or segment[:1]
    return segment


def _extract_placeholders(segment: list[Token], parts: TokensByField, comma: bool) -> list[Token]:
    """Move placeholders such as FNU to ``parts``, unless they are the whole name."""
    placeholders = [token for token in segment if token.key in load_word_lists().placeholders]
    if not placeholders or (len(placeholders) == len(segment) and not comma):
        return segment
    parts.setdefault("placeholders", []).extend(placeholders)
    return [token for token in segment if token not in placeholders]


def _extract_particles(
    raw: str,
    segment: list[Token],
    parts: TokensByField,
    fathers: set[Token],
    surname: bool,
    written_last: bool,
) -> list[Token]:
    """Move particles to ``parts``; the word after *bin* or *ibn* is added to ``fathers`` as a patronymic.

    ``surname``: the segment is a surname marked by a comma, so a particle may be its first word.
    ``written_last``: a particle may end the segment (Beethoven, Ludwig van).
    """
    lists = load_word_lists()
    if lists.particles.isdisjoint([t.key for t in segment]) and lists.nasab.isdisjoint(
        [t.key for t in segment]
    ):
        return segment
    kept: list[Token] = []
    last = len(segment) - 1
    for at, token in enumerate(segment):
        if at < last and token.key in lists.nasab and (kept or surname):
            parts.setdefault("particles", []).append(token)
            fathers.add(segment[at + 1])
        elif _is_particle(raw, segment, at, bool(kept) or surname, written_last):
            parts.setdefault("particles", []).append(token)
        else:
            kept.append(token)
    return kept or segment


def _is_particle(raw: str, segment: list[Token], at: int, inner: bool, written_last: bool) -> bool:
    """Say whether a word is a particle here; its case says nothing, for names are printed in capitals too.

    Before the first word of the name ``Van``, ``Al`` and ``Ed`` are given names, unless a particle follows.
    """
    token, lists = segment[at], load_word_lists()
    if token.key not in lists.particles:
        return False
    given, spanish = load_name_lists().given, load_name_lists().spanish
    if at == len(segment) - 1:
        is_name = token.key in lists.kunya or (token.key in lists.articles and token.key in given)
        return at > 0 and written_last and not is_name
    following = segment[at + 1]
    if token.key in lists.articles and (token.key not in ("al", "el", "ul") or not inner):
        return _is_hyphenated(raw, token, following) or (inner and token.key not in given)
    if len(token.key) == 1:
        return inner and (following.key in spanish or segment[at - 1].key in spanish)
    return inner or following.key in lists.particles or token.key not in given


def _assign_comma_roles(segments: list[list[Token]]) -> list[Role]:
    """Return the roles of a name whose surname stands before the comma."""
    surname: list[Role] = [SURNAME] * len(segments[0])
    return surname + _assign_given_roles([token for segment in segments[1:] for token in segment])


def _assign_given_roles(tokens: list[Token]) -> list[Role]:
    """Return the roles of words that are no surname: first given name, middle names, patronymics."""
    return [
        GIVEN if at == 0 else PATRONYMIC if _is_patronymic(token.key) else MIDDLE
        for at, token in enumerate(tokens)
    ]


@lru_cache(maxsize=16_384)
def _is_patronymic(key: str) -> bool:
    return len(key) > 5 and key.endswith(load_word_lists().patronymic_endings)


def _assign_natural_roles(raw: str, core: list[Token], parts: TokensByField) -> list[Role]:
    """Return the roles of a name without a comma."""
    if len(core) == 1:
        return [SURNAME]
    first, end = _find_surname_range(raw, core, parts)
    surname: list[Role] = [SURNAME] * (end - first)
    given = _assign_given_roles(core[:first] + core[end:])
    return given[:first] + surname + given[first:]


def _find_surname_range(raw: str, core: list[Token], parts: TokensByField) -> tuple[int, int]:
    """Return the half-open range of the surname: marked by capitals, by custom of order, or last."""
    size = len(core)
    marked = _find_capitalised_run(raw, core)
    if marked:
        return marked
    singles = 0
    while singles < size and len(core[size - 1 - singles].key) == 1:
        singles += 1
    end = size - singles
    if end <= 1:
        return (0, 1) if end == 1 else (size - 1, size)
    if not singles and (_is_surname_first(core) or _has_hyphenated_syllables(raw, core)):
        return (0, 1)
    first = end - 1
    while first > 1 and _is_hyphenated(raw, core[first - 1], core[first]):
        first -= 1
    return (_widen_surname(core, first, parts), end)


def _widen_surname(core: list[Token], first: int, parts: TokensByField) -> int:
    """Return where the surname begins when it has a second word before, or follows a particle."""
    lexicon = load_name_lists()
    for at in range(1, first):
        key = core[at].key
        can_be_surname = len(key) > 1 and (key not in lexicon.given or key in lexicon.surnames)
        if can_be_surname and _follows_particle(core, at, parts):
            return at
    before = core[first - 1].key
    return first - 1 if first > 1 and before in lexicon.spanish and before not in lexicon.given else first


def _follows_particle(core: list[Token], at: int, parts: TokensByField) -> bool:
    return any(
        core[at - 1].end <= particle.start and particle.end <= core[at].start
        for particle in parts.get("particles", ())
    )


def has_capitalised_surname(person: ParsedPerson) -> bool:
    """Return whether capitals alone mark a surname that stands first.

    Two capitals may be initials (JP Morgan) unless the lists know them as a surname.
    """
    raw, surname = person.text.raw, person.surname
    if _find_capitalised_run(raw, list(person.core)) != (0, len(surname)):
        return False
    return len(surname[0].key) > 2 or surname[0].key in load_name_lists().family_first


def _find_capitalised_run(raw: str, core: list[Token]) -> tuple[int, int] | None:
    """Return the run of words in capitals at either end, when the rest is not in capitals."""
    if raw.isupper() or raw.islower():
        return None
    upper = [len(token.text) > 1 and token.text.isupper() for token in core]
    count = sum(upper)
    if not 0 < count < len(core):
        return None
    if all(upper[:count]):
        return (0, count)
    return (len(core) - count, len(core)) if all(upper[-count:]) else None


def _is_surname_first(core: list[Token]) -> bool:
    """Say whether the surname stands first: Sidorov Ivan Petrovich, Mao Zedong, Nagy Péter."""
    lexicon = load_name_lists()
    first, last = core[0].key, core[-1].key
    if len(core) == 3 and _is_patronymic(last) and first not in lexicon.given:
        return True
    custom = (
        first in lexicon.family_first and last not in lexicon.family_first and last not in lexicon.surnames
    )
    return custom and (first not in lexicon.given or last in lexicon.given)


def _has_hyphenated_syllables(raw: str, core: list[Token]) -> bool:
    """Say whether a hyphenated Korean or Chinese given name follows: Lee Myung-bak, but not Ann Kim-Park."""
    if len(core) != 3 or not _is_hyphenated(raw, core[1], core[2]):
        return False
    lexicon, last = load_name_lists(), core[2].key
    is_surname = last in lexicon.surnames or last in lexicon.family_first
    return not is_surname and all(_SYLLABLE.fullmatch(token.key) for token in core)


SYLLABLE: Final = r"(?:ch|sh|zh|hs|k?w|kk|ts?|tz|ss|[bcdfghjklmnpqrstwxyz])?h?[aeiouy]{1,4}(?:ng|[nklmptbh])?"
"""One syllable of Korean or Chinese in Latin letters, of any romanisation."""
_SYLLABLE: Final = re.compile(SYLLABLE)
