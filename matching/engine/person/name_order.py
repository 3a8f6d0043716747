"""Which words of a personal name are surname, given name, middle name, patronymic and particle.

Works on the segments that remain once titles, suffixes and phrases are gone: the first is the surname when a
comma divides them, otherwise customs of order decide.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from matching.engine.person.lexicon import load_name_lists, load_word_lists
from matching.engine.person.types import GIVEN, MIDDLE, PATRONYMIC, SURNAME, Role
from matching.engine.text.tokenise import Token

TokensByField = dict[str, list[Token]]


def build_core_fields(raw: str, segments: list[list[Token]], parts: TokensByField) -> dict[str, object]:
    """Fields of :class:`ParsedPerson` for the words of the name proper; ``parts`` gains the others."""
    comma = len(segments) > 1
    fathers: set[Token] = set()
    if not _list_special_words().isdisjoint([token.key for segment in segments for token in segment]):
        told = _extract_special_words(raw, segments, parts, fathers)
        segments = told if any(told) else segments
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
    known = load_word_lists()
    return (
        known.abd | known.kunya | known.faith_endings | known.particles | known.nasab | _list_excluded_words()
    )


@lru_cache(maxsize=1)
def _list_excluded_words() -> frozenset[str]:
    return load_word_lists().placeholders | load_word_lists().trade_words


def _extract_special_words(
    raw: str, segments: list[list[Token]], parts: TokensByField, fathers: set[Token]
) -> list[list[Token]]:
    """Join compound names and set trade words, placeholders and particles aside."""
    comma = len(segments) > 1
    segments = [_merge_compound_names(raw, segment) for segment in segments]
    if not comma:
        segments[0] = _extract_trade_words(segments[0], parts)
    segments = [_extract_placeholders(segment, parts, comma) for segment in segments]
    return [
        _extract_particles(raw, segment, parts, fathers, comma and index == 0)
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
    """Write compound given names as one: Abd al-Rahman, Abu Bakr, Salah ad-Din."""
    known = load_word_lists()
    if len(segment) < 2 or _list_compound_words().isdisjoint([token.key for token in segment]):
        return segment
    out: list[Token] = []
    at = 0
    while at < len(segment):
        size = _count_compound_words(segment, at)
        key = segment[at].key
        if size > 1:
            prefix = "abd" if key in known.abd else key
            out.append(_join_tokens(raw, segment[at : at + size], prefix + segment[at + size - 1].key))
        else:
            out.append(segment[at])
        at += size
    return out


@lru_cache(maxsize=1)
def _list_compound_words() -> frozenset[str]:
    return load_word_lists().abd | load_word_lists().kunya | load_word_lists().faith_endings


def _count_compound_words(segment: list[Token], at: int) -> int:
    """How many words from here make one name."""
    known, left = load_word_lists(), len(segment) - at
    article = left > 2 and segment[at + 1].key in known.articles
    if segment[at].key in known.abd or segment[at].key in known.kunya:
        return 3 if article else min(left, 2)
    return 3 if article and segment[at + 2].key in known.faith_endings else 1


def _extract_trade_words(segment: list[Token], parts: TokensByField) -> list[Token]:
    trade = [token for token in segment[1:] if token.key in load_word_lists().trade_words]
    if trade:
        parts.setdefault("trade", []).extend(trade)
        return [token for token in segment if token not in trade and token.key != "and"] or segment[:1]
    return segment


def _extract_placeholders(segment: list[Token], parts: TokensByField, comma: bool) -> list[Token]:
    found = [token for token in segment if token.key in load_word_lists().placeholders]
    if not found or (len(found) == len(segment) and not comma):
        return segment
    parts.setdefault("placeholders", []).extend(found)
    return [token for token in segment if token not in found]


def _extract_particles(
    raw: str, segment: list[Token], parts: TokensByField, fathers: set[Token], surname: bool
) -> list[Token]:
    """Set particles aside; the word after *bin* or *ibn* is noted as the father's name."""
    known = load_word_lists()
    if known.particles.isdisjoint([t.key for t in segment]) and known.nasab.isdisjoint(
        [t.key for t in segment]
    ):
        return segment
    kept: list[Token] = []
    last = len(segment) - 1
    for at, token in enumerate(segment):
        if at < last and token.key in known.nasab and (kept or surname):
            parts.setdefault("particles", []).append(token)
            fathers.add(segment[at + 1])
        elif _is_particle(raw, segment, at, bool(kept) or surname):
            parts.setdefault("particles", []).append(token)
        else:
            kept.append(token)
    return kept or segment


def _is_particle(raw: str, segment: list[Token], at: int, inner: bool) -> bool:
    token, known = segment[at], load_word_lists()
    if token.key not in known.particles:
        return False
    lower = token.text.islower() and not raw.islower()
    if at == len(segment) - 1:
        return inner and lower and at > 0
    if token.key in known.articles and (token.key not in ("al", "el", "ul") or not inner):
        return _is_hyphenated(raw, token, segment[at + 1]) or lower
    if len(token.key) == 1:
        return lower and inner
    return inner or lower


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
    """Where the surname stands: marked by capitals, by custom of order, or last."""
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
    """Take in the first word of a double surname, and what follows a particle."""
    lexicon = load_name_lists()
    for at in range(1, first):
        after = any(
            token.end <= core[at].start and token.start >= core[at - 1].end
            for token in parts.get("particles", ())
        )
        if (
            after
            and len(core[at].key) > 1
            and (core[at].key not in lexicon.given or core[at].key in lexicon.surnames)
        ):
            return at
    before = core[first - 1].key
    return first - 1 if first > 1 and before in lexicon.spanish and before not in lexicon.given else first


def _find_capitalised_run(raw: str, core: list[Token]) -> tuple[int, int] | None:
    """The run of words in capitals at either end, when the rest is not in capitals."""
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
    lexicon = load_name_lists()
    first, last = core[0].key, core[-1].key
    if len(core) == 3 and _is_patronymic(last) and first not in lexicon.given:
        return True
    custom = (
        first in lexicon.family_first and last not in lexicon.family_first and last not in lexicon.surnames
    )
    return custom and (first not in lexicon.given or last in lexicon.given)


def _has_hyphenated_syllables(raw: str, core: list[Token]) -> bool:
    """Korean and Chinese given names hyphenated with a small second syllable: Lee Myung-bak."""
    if len(core) != 3 or raw.islower():
        return False
    return core[2].text.islower() and _is_hyphenated(raw, core[1], core[2])
