"""Parser of personal names: titles, given names, surname, suffix, alias, capacity and the rest.

The result is the most likely reading; the alignment pairs words across roles where the order is uncertain.
Nothing here raises: every tokenised name gives a :class:`~matching.engine.person.types.ParsedPerson`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from matching.engine.person.lexicon import Phrase, load_name_lists, load_word_lists
from matching.engine.person.name_order import build_core_fields
from matching.engine.person.types import ParsedPerson
from matching.engine.text.real_words import is_surname
from matching.engine.text.tokenise import Token, TokenisedName, normalise_token

_BRACKET_PAIRS: Final = {"(": ")", "[": "]", "{": "}", '"': '"', "“": "”", "„": "“", "«": "»"}
_QUOTATION_MARKS: Final = frozenset('"“„«')
_QUOTE_MARKS: Final = frozenset("'’‘`")
_MAX_INITIALS: Final = 3
_VOWELS: Final = frozenset("AEIOUY")
_ORDINAL_SUFFIXES = ("st", "nd", "rd", "th")
Segments = list[list[Token]]
TokensByField = dict[str, list[Token]]


@lru_cache(maxsize=32_768)
def parse_person(text: TokenisedName) -> ParsedPerson:
    """Parse a name under its most likely reading; never raises."""
    parts: TokensByField = {}
    segments = _split_segments(text.raw, _split_initials(text), parts)
    remaining = [_extract_trailing_phrases(segment, parts, index) for index, segment in enumerate(segments)]
    segments = _extract_joint_person([segment for segment in remaining if segment], parts)
    whole = bool(segments) and len(segments[0]) > 1
    suffixes: list[str] = []
    for index, segment in enumerate(segments):
        _extract_titles(segment, parts, len(segments) == 1)
        _extract_endings(segment, parts, index, suffixes, whole or index > 1)
    segments = _restore_core([segment for segment in segments if segment], parts, text)
    fields = build_core_fields(text.raw, segments, parts)
    rest = {name: tuple(tokens) for name, tokens in parts.items()}
    suffix = suffixes[0] if suffixes else ""
    return ParsedPerson(text=text, suffix=suffix, is_name_only=not (parts or suffix), **fields, **rest)  # type: ignore[arg-type]


def _split_initials(text: TokenisedName) -> list[Token]:
    """Return the tokens that have a key, with initials split: J.R. and JR are J and R, M.D. stays whole."""
    tokens: list[Token] = []
    for token in text.tokens:
        is_dotted = "." in token.text and token.key.isalpha() and not _is_dotted_degree(token, tokens)
        if is_dotted or _are_initials_without_dots(text, token, not tokens and len(text.tokens) > 1):
            tokens.extend(_split_letters(token))
        elif token.key:
            tokens.append(token)
    return tokens


def _are_initials_without_dots(text: TokenisedName, token: Token, is_first: bool) -> bool:
    """Return whether capitals are initials written together: JP Simon, Simon TJ; not LI Jie, Simon MD, JR.

    Among other capitals (TJ SIMON) only consonants are. At the start of a name a degree is none.
    """
    letters = token.text
    is_short = 2 <= len(letters) <= _MAX_INITIALS
    if not (is_short and letters.isascii() and letters.isalpha() and letters.isupper()):
        return False
    has_vowel = not _VOWELS.isdisjoint(letters)
    if has_vowel and (len(letters) > 2 or text.raw.isupper()):
        return False
    return not (is_surname(token.key) or token.key in _list_short_words(is_first))


@lru_cache(maxsize=2)
def _list_short_words(is_first: bool) -> frozenset[str]:
    """Return the short words that are no initials, at the start of a name or elsewhere."""
    words, names = load_word_lists(), load_name_lists()
    common = words.titles | words.particles | names.given | names.surnames | names.family_first
    endings = words.postnominals | words.weak_postnominals
    return common | frozenset(words.suffixes) | (frozenset() if is_first else endings)


def _is_dotted_degree(token: Token, before: list[Token]) -> bool:
    lists = load_word_lists()
    marker = token.key in ("aka", "fka", "nka", "dba")
    return marker or (
        len(before) > 1 and (token.key in lists.postnominals or token.key in lists.weak_postnominals)
    )


def _split_letters(token: Token) -> list[Token]:
    return [
        Token(normalise_token(char), token.start + at, token.start + at + 1, char)
        for at, char in enumerate(token.text)
        if char.isalpha() and normalise_token(char) and token.start + at < token.end
    ]


def _split_segments(raw: str, tokens: list[Token], parts: TokensByField) -> Segments:
    """Split at commas and ``<<``; words in brackets or quotation marks go to a field of ``parts``."""
    segments: Segments = [[]]
    end, closing = _find_start(raw, tokens), ""
    inside: list[Token] = []
    quoted = not _QUOTE_MARKS.isdisjoint(raw)
    for token in tokens:
        gap = raw[end : token.start]
        end = token.end
        if gap and gap != " ":
            closing = _scan_punctuation(gap, closing, segments, inside, parts)
        if closing:
            inside.append(token)
        elif quoted and _is_quoted(raw, token):
            _store_bracketed_words([token], parts)
        else:
            segments[-1].append(token)
    _store_bracketed_words(inside, parts)
    return [segment for segment in segments if segment]


def _find_start(raw: str, tokens: list[Token]) -> int:
    """Return the offset behind the quotation mark around the whole name, 0 where there is none.

    Marks around a nickname that begins the name (``"Bob" Kestrel``) do not stand around the whole name.
    """
    start = len(raw) - len(raw.lstrip())
    opening = raw[start : start + 1]
    if not tokens or opening not in _QUOTATION_MARKS:
        return 0
    closing, depth = _BRACKET_PAIRS[opening], 1
    for at in range(start + 1, len(raw)):
        if raw[at] == opening and (opening != closing or _opens_word(raw, at)):
            depth += 1
        elif raw[at] == closing:
            depth -= 1
        if not depth:
            return start + 1 if at >= tokens[-1].end else 0
    return 0


def _opens_word(raw: str, at: int) -> bool:
    return not raw[at - 1].isalnum() and raw[at + 1 : at + 2].isalnum()


def _scan_punctuation(
    gap: str, closing: str, segments: Segments, inside: list[Token], parts: TokensByField
) -> str:
    """Process the punctuation between two words; return the closing mark still open, or an empty string."""
    for char in gap:
        if closing:
            if char == closing:
                _store_bracketed_words(inside[:], parts)
                inside.clear()
                closing = ""
        elif char in _BRACKET_PAIRS:
            closing = _BRACKET_PAIRS[char]
        elif char in ",،、;" and segments[-1]:
            segments.append([])
    if not closing and "<<" in gap and segments[-1]:
        segments.append([])
    return closing


def _is_quoted(raw: str, token: Token) -> bool:
    before, after = raw[max(token.start - 2, 0) : token.start], raw[token.end : token.end + 2]
    opened = before[-1:] in _QUOTE_MARKS and (len(before) == 1 or before[0] == " ")
    return opened and after[:1] in _QUOTE_MARKS and (len(after) == 1 or after[1] == " ")


def _store_bracketed_words(inside: list[Token], parts: TokensByField) -> None:
    """Store bracketed words under their field: document, birth name, alias, capacity or nickname."""
    if not inside:
        return
    lists, keys = load_word_lists(), tuple([token.key for token in inside])
    if any(_has_phrase_at(keys, at, lists.documents) for at in range(len(keys))):
        field = "document"
    elif keys[0] in lists.birth_names:
        field = "birth_name"
    elif _has_phrase_at(keys, 0, lists.alias_phrases):
        field = "alias"
    elif not lists.capacity_words.isdisjoint(keys):
        field = "capacity"
    else:
        field = "nicknames"
    parts.setdefault(field, []).extend(inside)


def _has_phrase_at(keys: tuple[str, ...], at: int, phrases: tuple[Phrase, ...]) -> bool:
    return any(keys[at : at + len(phrase)] == phrase for phrase in phrases)


def _extract_trailing_phrases(segment: list[Token], parts: TokensByField, index: int) -> list[Token]:
    """Move alias, birth name, capacity and document phrases to ``parts``; return the words that remain."""
    keys = tuple([token.key for token in segment])
    if _list_marker_words().isdisjoint(keys):
        return segment
    head = 0 if index else _count_capacity_words(keys)
    if head:
        parts.setdefault("capacity", []).extend(segment[:head])
    kept: list[Token] = []
    field = ""
    for at in range(head, len(keys)):
        field = _find_marked_field(keys, at, (kept or index or parts) and at > head - 1, index) or field
        (parts.setdefault(field, []) if field else kept).append(segment[at])
    return kept


@lru_cache(maxsize=1)
def _list_marker_words() -> frozenset[str]:
    lists = load_word_lists()
    phrases = (*lists.alias_phrases, *lists.capacity_phrases, *lists.capacity_heads, *lists.documents)
    return frozenset(phrase[0] for phrase in phrases) | lists.birth_names | lists.capacity_words | {"estate"}


def _count_capacity_words(keys: tuple[str, ...]) -> int:
    for phrase in load_word_lists().capacity_heads:
        if keys[: len(phrase)] == phrase and len(keys) > len(phrase):
            return len(phrase)
    return 0


def _find_marked_field(keys: tuple[str, ...], at: int, inside: object, index: int) -> str:
    """Return the field that a marker at this word opens, or an empty string."""
    lists, more = load_word_lists(), at + 1 < len(keys)
    if not inside or (at == 0 and not index):
        return ""
    if more and _has_phrase_at(keys, at, lists.alias_phrases):
        return "alias"
    if more and keys[at] in lists.birth_names:
        return "birth_name"
    if _has_phrase_at(keys, at, lists.documents):
        return "document"
    return "capacity" if _is_capacity(keys, at) else ""


def _is_capacity(keys: tuple[str, ...], at: int) -> bool:
    lists = load_word_lists()
    if _has_phrase_at(keys, at, lists.capacity_phrases):
        return True
    if keys[at] == "as":
        return not lists.capacity_words.isdisjoint(keys[at + 1 : at + 4])
    if keys[at] == "estate":
        return at >= _MIN_WORDS_OF_DECEASED and at == len(keys) - 1
    return keys[at] in lists.capacity_words and (at == 0 or keys[at + 1 : at + 2] in (("of",), ("for",)))


_MIN_WORDS_OF_DECEASED: Final = 2
"""Fewest words before ``Estate`` that are a person's name; ``Lindell Estate`` is a house or a vineyard."""


def _extract_joint_person(segments: Segments, parts: TokensByField) -> Segments:
    """Move the second person of *John and Mary Smith* to ``parts``; a shared surname stays with the first."""
    joiners = load_word_lists().joiners
    for index, segment in enumerate(segments):
        for at, token in enumerate(segment):
            if token.key in joiners and at + 1 < len(segment) and (at or index):
                segments[index] = _split_joint_segment(segment, at, index, parts)
                return segments
    return segments


def _split_joint_segment(segment: list[Token], at: int, index: int, parts: TokensByField) -> list[Token]:
    titles = load_word_lists().titles
    first = [token for token in segment[:at] if token.key not in titles]
    second = segment[at + 1 :]
    if not first and not index:
        count = next((i for i, token in enumerate(second) if token.key not in titles), len(second))
        parts.setdefault("joint", []).extend(second[:count] or second)
        return segment[:at] + second[count:]
    if len(first) == 1 and not index and len(second) > 1:
        parts.setdefault("joint", []).extend(second[:-1])
        return [*segment[:at], second[-1]]
    parts.setdefault("joint", []).extend(second)
    return segment[:at]


def _extract_titles(segment: list[Token], parts: TokensByField, alone: bool) -> None:
    """Move titles at the beginning to ``parts``; one that may be a name only when a full name remains."""
    lists = load_word_lists()
    while len(segment) > 1:
        key = segment[0].key
        soft = key in lists.soft_titles and len(segment) > (2 if alone else 1)
        if key not in lists.titles and not soft:
            return
        parts.setdefault("titles", []).append(segment.pop(0))


def _extract_endings(
    segment: list[Token], parts: TokensByField, index: int, suffixes: list[str], whole: bool
) -> None:
    """Move suffixes, degrees and styles of nobility at the end to ``parts`` and ``suffixes``.

    ``whole``: a full name stands before.
    """
    if index and _is_nobility_style(segment):
        suffixes.extend(_read_ordinal(token) for token in segment if _read_ordinal(token))
        parts.setdefault("style", []).extend(segment)
        segment.clear()
        return
    least = 0 if index else 1
    while len(segment) > least:
        token, size = segment[-1], len(segment)
        suffix = _read_suffix(token, size, index)
        if suffix:
            suffixes.append(suffix)
            parts.setdefault("suffix_tokens", []).insert(0, segment.pop())
        elif size > 1 and token.key == "d" and segment[-2].key == "ph":
            parts.setdefault("postnominals", [])[:0] = segment[-2:]
            del segment[-2:]
        elif _is_postnominal(token, size, index > 0 and whole):
            parts.setdefault("postnominals", []).insert(0, segment.pop())
        else:
            return


def _read_ordinal(token: Token) -> str:
    text = token.text.lower()
    return token.key if token.key.isdigit() and text.endswith(_ORDINAL_SUFFIXES) else ""


def _is_nobility_style(segment: list[Token]) -> bool:
    """Say whether a segment after a comma is a style of nobility: *1st Baron Horne*, *Baronet*."""
    peerage = load_word_lists().peerage
    if not segment:
        return False
    if _read_ordinal(segment[0]):
        return len(segment) > 1
    return segment[0].key in peerage and (len(segment) > 1 or segment[0].key in ("bt", "bart", "baronet"))


_AMBIGUOUS_SUFFIXES: Final = frozenset({"jun"})
"""Words that are suffixes only after a comma, for they are parts of given names as well (Min-jun)."""


def _read_suffix(token: Token, size: int, index: int) -> str:
    text = token.text.lower()
    if token.key in _AMBIGUOUS_SUFFIXES and not index:
        return ""
    is_number = text[:1].isdigit()
    # A single letter is a numeral (John Smith V) only at the end of a full name without a comma.
    if len(token.key) == 1 and not is_number and (index or size < 3):
        return ""
    return load_word_lists().suffixes.get(text if is_number else token.key, "")


def _is_postnominal(token: Token, size: int, trailing: bool) -> bool:
    lists, dotted = load_word_lists(), "." in token.text
    if token.key in lists.postnominals:
        return trailing or dotted or size > 2
    weak = token.key in lists.weak_postnominals
    return weak and ((trailing and size == 1) or (dotted and size > 2))


def _restore_core(segments: Segments, parts: TokensByField, text: TokenisedName) -> Segments:
    """Return segments with at least one word: a field moved to ``parts`` comes back when nothing remains."""
    if segments and not (len(segments) == 1 and len(segments[0]) == 1 and "nicknames" in parts):
        return segments
    for field in (
        "nicknames",
        "titles",
        "postnominals",
        "suffix_tokens",
        "joint",
        "alias",
        "capacity",
    ):
        if field in parts and (field == "nicknames" or not segments):
            back = parts.pop(field)
            return [*segments, back] if segments else [back]
    return segments or [list(text.tokens)]
