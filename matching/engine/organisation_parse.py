"""Reading an organisation's name: the legal name itself, its form, and what is only appended to it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from matching.engine.forms import LegalForm, find
from matching.engine.lexicon import lexicon
from matching.engine.numbers import value
from matching.engine.text import Text, Token


class Part(NamedTuple):
    """Something appended to the legal name: a trade name, a former name, a capacity, an annotation.

    ``[start, stop)`` are token indices, ``marker`` the first token after the announcing words.
    """

    category: str
    start: int
    marker: int
    stop: int


class Organisation(NamedTuple):
    """A parsed organisation name; every number is a token index into ``text.tokens``."""

    text: Text
    article: int | None
    stem: tuple[int, ...]
    stem_tokens: tuple[Token, ...]
    stem_keys: tuple[str, ...]
    forms: tuple[LegalForm, ...]
    parts: tuple[Part, ...]

    def tokens(self, indices: tuple[int, ...] | range) -> tuple[Token, ...]:
        """The tokens at these indices."""
        return tuple([self.text.tokens[index] for index in indices])

    def tail_keys(self, part: Part) -> tuple[str, ...]:
        """Comparison keys of a part without its announcing words."""
        return self.text.keys[part.marker : part.stop]


def parse(text: Text, jurisdiction: str | None = None) -> Organisation:
    """Parse a name as an organisation's; never fails, an unreadable name is all stem."""
    keys = text.keys
    appended = _appended(text, keys)
    stop = appended[0].start if appended else len(keys)
    aside = _asides(text, keys, stop)
    set_aside = {index for part in aside for index in range(part.start, part.stop)}
    forms = find_forms(keys, stop, set_aside, jurisdiction)
    parts = tuple(sorted((*aside, *appended), key=lambda part: part.start))
    return _assembled(text, forms, parts, [index for index in range(stop) if index not in set_aside])


def with_form(name: Organisation, form: LegalForm) -> Organisation:
    """The name read again with this form alone, for a name without appended parts."""
    return _assembled(name.text, (form,), (), list(range(len(name.text.keys))))


def _assembled(
    text: Text, forms: tuple[LegalForm, ...], parts: tuple[Part, ...], main: list[int]
) -> Organisation:
    """The stem is what of the main part is neither form nor article; an unreadable name is all stem."""
    taken = {index for form in forms for index in range(form.first, form.stop)}
    rest = [index for index in main if index not in taken]
    article = _article(text, text.keys, rest)
    stem = tuple([index for index in rest if index != article]) or tuple(main)
    tokens = tuple([text.tokens[index] for index in stem])
    return Organisation(text, article, stem, tokens, tuple([token.key for token in tokens]), forms, parts)


def find_forms(
    keys: tuple[str, ...], stop: int, aside: set[int], jurisdiction: str | None
) -> tuple[LegalForm, ...]:
    """Legal forms of the main part; a number after the form (``Corp. III``) does not hide it."""
    end = stop
    while end > 1 and (end - 1 in aside or value(keys[end - 1]) is not None):
        end -= 1
    return forms_of(keys[:end], jurisdiction)


@lru_cache(maxsize=16_384)
def forms_of(keys: tuple[str, ...], jurisdiction: str | None = None) -> tuple[LegalForm, ...]:
    """Legal forms among the words of a name; remembered, since kind and parse both ask."""
    return find(keys, jurisdiction)


def _appended(text: Text, keys: tuple[str, ...]) -> list[Part]:
    """Parts announced by marker words; a part runs to the next marker or the end of the name."""
    phrases = lexicon().phrases
    if phrases.keys().isdisjoint(keys):
        return _ending(keys)
    found: list[Part] = []
    index = 1
    while index < len(keys):
        match = _phrase_at(text, keys, index, phrases) if keys[index] in phrases else None
        if match:
            found.append(Part(match[1], index, index + match[0], len(keys)))
            index += match[0]
        else:
            index += 1
    if not found:
        return _ending(keys)
    stops = [part.start for part in found[1:]] + [len(keys)]
    return [part._replace(stop=stop) for part, stop in zip(found, stops, strict=True)]


def _phrase_at(
    text: Text, keys: tuple[str, ...], index: int, phrases: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
) -> tuple[int, str] | None:
    for phrase, category in phrases[keys[index]]:
        if keys[index : index + len(phrase)] == phrase and _announces(text, index, phrase):
            return len(phrase), category
    return None


def _announces(text: Text, index: int, phrase: tuple[str, ...]) -> bool:
    """Short markers are markers only as people write them: ``t/a``, ``a/c``, ``i.L.``; ``TA`` is a word."""
    token = text.tokens[index]
    if phrase in lexicon().numbered:
        return _numbered(text.keys[index + len(phrase) :])
    if phrase in (("ta",), ("ac",)):
        return "/" in token.text
    if phrase == ("il",):
        return "." in token.text
    return phrase[0] != "formerly" or index > 0


def _numbered(following: tuple[str, ...]) -> bool:
    """Whether a number of an authority or a bank follows: six digits or more, with or without letters."""
    begins = any(char.isdigit() for key in following[:1] for char in key)
    return begins and sum(char.isdigit() for key in following for char in key) >= _DIGITS


_DIGITS = 6


def _ending(keys: tuple[str, ...]) -> list[Part]:
    """A branch named at the end: ``…, London Branch``."""
    if keys[-1] not in _last_words():
        return []
    for length in (2, 1):
        if len(keys) > length + 1 and keys[-length:] in lexicon().endings:
            start = len(keys) - length
            place = start - 1 if keys[start - 1] in lexicon().places and start > 2 else start
            return [Part("O34", place, len(keys), len(keys))]
    return []


@cache
def _last_words() -> frozenset[str]:
    return frozenset([phrase[-1] for phrase in lexicon().endings])


def _asides(text: Text, keys: tuple[str, ...], stop: int) -> list[Part]:
    """Bracketed additions that are not part of the name: ``(Delaware)``, ``/DE/``, ``(publ)``."""
    found = []
    for first, last in _brackets(text, stop):
        inner = keys[first:last]
        if inner == ("publ",):
            found.append(Part("publ", first, last, last))
        elif first > 1 and all(key in _places() for key in inner) and _after_form(keys, first):
            found.append(Part("O23", first, first, last))
        elif _describes(inner):
            found.append(Part("O23", first, last, last))
    return found or _description(keys, stop) or _trailing_state(keys, stop)


def _description(keys: tuple[str, ...], stop: int) -> list[Part]:
    """What contracts add after the name without brackets: ``Acme, Inc., a Delaware corporation``."""
    first = next((at for at in range(max(2, stop - _LONGEST), stop) if _describes(keys[at:stop])), stop)
    return [Part("O23", first, stop, stop)] if first < stop and _after_form(keys, first) else []


_OPENINGS = frozenset(
    ["new", "north", "south", "west", "rhode", "british", "united", "hong", "puerto", "cayman"]
)
"""What places of two words and more begin with."""


_LONGEST = 18
"""Most words of such a description."""

_UNDER_LAWS = ("under", "the", "laws", "of")


def _describes(words: tuple[str, ...]) -> bool:
    """Whether the words say where a company is formed and as what.

    ``a New York corporation``, ``a corporation organized under the laws of Delaware``.
    """
    if words[0] not in ("a", "an") or not 3 <= len(words) <= _LONGEST:
        return False
    if _UNDER_LAWS in zip(*(words[at:] for at in range(4)), strict=False):
        return any(form.first == 1 for form in forms_of(("x", words[1])))
    return any(
        (words[1] in _OPENINGS or all(key in _places() for key in words[1:at]))
        and any(form.first == 1 for form in forms_of(("x", *words[at:])))
        for at in range(2, min(len(words), 5))
    )


@cache
def _places() -> frozenset[str]:
    words = lexicon()
    return words.states | words.state_codes | words.places


def _trailing_state(keys: tuple[str, ...], stop: int) -> list[Part]:
    """A state code after the form without brackets, as registers print it: ``Acme Corp DE``.

    In ``Padaria Silva Ltda ME`` the code is the end of the form.
    """
    last = stop - 1
    state = last > 1 and len(keys[last]) == 2 and keys[last] in lexicon().state_codes
    if not state or not _after_form(keys, last) or _after_form(keys, stop):
        return []
    return [Part("O23", last, last, stop)]


def _after_form(keys: tuple[str, ...], first: int) -> bool:
    """Whether a legal form stands right before; a bracket before the form belongs to the name."""
    forms = forms_of(keys[:first])
    return any(form.stop == first for form in forms)


def _brackets(text: Text, stop: int) -> list[tuple[int, int]]:
    """Token ranges between brackets or between slashes (``/DE/``)."""
    raw, tokens = text.raw, text.tokens
    if "(" not in raw and "/" not in raw and "（" not in raw and "\\" not in raw:
        return []
    found, first = [], None
    for index in range(stop):
        before = raw[tokens[index - 1].end : tokens[index].start] if index else raw[: tokens[index].start]
        after = (
            raw[tokens[index].end : tokens[index + 1].start]
            if index + 1 < len(tokens)
            else raw[tokens[index].end :]
        )
        if first is None and (set(before) & set("(（[") or before.endswith(("/", "\\"))):
            first = index
        if first is not None and (set(after) & set(")）]/\\")):
            found.append((first, index + 1))
            first = None
    return found


def _article(text: Text, keys: tuple[str, ...], rest: list[int]) -> int | None:
    """Leading ``The``, or the same written after the name: ``Acme Company, The``."""
    if len(rest) < 2:
        return None
    articles = lexicon().articles
    if lexicon().leads(keys[rest[0]], text.tokens[rest[0]].text):
        return rest[0]
    last = rest[-1]
    return last if keys[last] in articles and "," in text.raw[: text.tokens[last].start] else None
