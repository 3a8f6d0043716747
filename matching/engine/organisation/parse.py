"""The parser of organisations' names: the stem, the legal forms, and what is appended to the name."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple, final

from matching.engine.categories import CategoryId
from matching.engine.legal_forms.relation import LegalForm, find_legal_forms
from matching.engine.organisation.particulars import is_address, is_house_address, list_places
from matching.engine.text.dates import DATE_OPENINGS, MONTH_NUMBERS
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.orthography import find_last_article
from matching.engine.text.tokenise import Token, TokenisedName

PUBLIC_COMPANY_REMARK: Final = "publ"
"""The remark ``(publ)`` of Swedish public companies: an appended part without a category of its own."""


DEFINED_TERM: Final = "term"
"""What a contract calls a party in brackets (``(the "Borrower")``): an annotation that contracts expect."""


class AppendedPart(NamedTuple):
    """Something appended to the legal name: a trade name, a former name, a capacity, an annotation.

    ``category`` is a :class:`CategoryId`, :data:`PUBLIC_COMPANY_REMARK` or :data:`DEFINED_TERM`;
    ``[start, stop)`` are token indices; ``content_start`` is the first token after the marker words.
    """

    category: str
    start: int
    content_start: int
    stop: int


@final
class ParsedOrganisation:
    """A parsed organisation name; every number is a token index into ``text.tokens``.

    The stem is the name without article, legal forms and appended parts.
    """

    def __init__(
        self,
        text: TokenisedName,
        article_index: int | None,
        stem_indices: tuple[int, ...],
        stem_tokens: tuple[Token, ...],
        stem_keys: tuple[str, ...],
        forms: tuple[LegalForm, ...],
        parts: tuple[AppendedPart, ...],
    ) -> None:
        self.text = text
        self.article_index = article_index
        self.stem_indices = stem_indices
        self.stem_tokens = stem_tokens
        self.stem_keys = stem_keys
        self.forms = forms
        self.parts = parts

    def get_tokens(self, indices: tuple[int, ...] | range) -> tuple[Token, ...]:
        """Return the tokens at these indices."""
        return tuple([self.text.tokens[index] for index in indices])

    def get_tail_keys(self, part: AppendedPart) -> tuple[str, ...]:
        """Return the comparison keys of a part without its marker words."""
        return self.text.keys[part.content_start : part.stop]


@lru_cache(maxsize=16_384)
def parse_organisation(text: TokenisedName, jurisdiction: str | None = None) -> ParsedOrganisation:
    """Parse a name as an organisation's; never fails, since the stem can be the whole name."""
    keys = text.keys
    appended = _find_appended_parts(text, keys)
    stop = appended[0].start if appended else len(keys)
    aside = _find_asides(text, keys, stop)
    set_aside = {index for part in aside for index in range(part.start, part.stop)}
    beside_forms = set_aside | {stop - 1} if find_last_article(text, stop - 1) else set_aside
    forms = find_main_forms(keys, stop, beside_forms, jurisdiction)
    parts = tuple(sorted((*aside, *appended), key=lambda part: part.start))
    return _build_organisation(text, forms, parts, [index for index in range(stop) if index not in set_aside])


def replace_forms(name: ParsedOrganisation, form: LegalForm) -> ParsedOrganisation:
    """Return the name with this form alone; only for names without appended parts."""
    return _build_organisation(name.text, (form,), (), list(range(len(name.text.keys))))


def _build_organisation(
    text: TokenisedName, forms: tuple[LegalForm, ...], parts: tuple[AppendedPart, ...], main: list[int]
) -> ParsedOrganisation:
    """Build the parsed name; ``main`` are the indices of the words that are not appended."""
    taken = {index for form in forms for index in range(form.first, form.stop)}
    rest = [index for index in main if index not in taken]
    article = _find_article(text, text.keys, rest)
    stem = tuple([index for index in rest if index != article]) or tuple(main)
    tokens = tuple([text.tokens[index] for index in stem])
    return ParsedOrganisation(
        text, article, stem, tokens, tuple([token.key for token in tokens]), forms, parts
    )


def find_main_forms(
    keys: tuple[str, ...], stop: int, aside: set[int], jurisdiction: str | None
) -> tuple[LegalForm, ...]:
    """Return the legal forms of the main part; a number after the form (``Corp. III``) does not hide it.

    Neither does a date: ``Trust dated March 3, 2011``.
    """
    end = stop
    while end > 1 and (
        end - 1 in aside or parse_number(keys[end - 1]) is not None or _is_in_date(keys, end, stop)
    ):
        end -= 1
    return find_legal_forms(keys[:end], jurisdiction)


def _is_in_date(keys: tuple[str, ...], end: int, stop: int) -> bool:
    """Return whether the word before ``end`` belongs to a date at the end of the name.

    It is a month, the word that opens the date (``dated``), or ``day of`` before the month.
    """
    if end == stop:
        return False
    word, following = keys[end - 1], keys[end]
    is_day_of = (word, following) == ("day", "of") or (word == "of" and following in MONTH_NUMBERS)
    return word in MONTH_NUMBERS or word in DATE_OPENINGS or is_day_of


def _find_appended_parts(text: TokenisedName, keys: tuple[str, ...]) -> list[AppendedPart]:
    """Return the parts after marker words; a part runs to the next marker or the end of the name.

    No part begins the name, nor follows a mere article: ``The Trustees of Dartmouth College`` is a name.
    """
    phrases = load_lexicon().marker_phrases
    if phrases.keys().isdisjoint(keys):
        return _find_branch_ending(keys)
    found: list[AppendedPart] = []
    index = 2 if load_lexicon().is_leading_word(keys[0], text.tokens[0].text) else 1
    while index < len(keys):
        match = _match_phrase(text, keys, index, phrases) if keys[index] in phrases else None
        if match:
            found.append(AppendedPart(match[1], index, index + match[0], len(keys)))
            index += match[0]
        else:
            index += 1
    if not found:
        return _find_branch_ending(keys)
    stops = [part.start for part in found[1:]] + [len(keys)]
    return [part._replace(stop=stop) for part, stop in zip(found, stops, strict=True)]


def _match_phrase(
    text: TokenisedName,
    keys: tuple[str, ...],
    index: int,
    phrases: dict[str, tuple[tuple[tuple[str, ...], str], ...]],
) -> tuple[int, str] | None:
    for phrase, category in phrases[keys[index]]:
        if keys[index : index + len(phrase)] == phrase and _is_marker(text, index, phrase):
            return len(phrase), category
    return None


def _is_marker(text: TokenisedName, index: int, phrase: tuple[str, ...]) -> bool:
    """Return whether a marker phrase is one here; short ones need their marks: ``t/a``, ``a/c``, ``i.L.``."""
    token = text.tokens[index]
    if phrase in load_lexicon().numbered_annotations:
        return _has_authority_number(text.keys[index + len(phrase) :])
    if phrase in (("ta",), ("ac",)):
        return "/" in token.text
    return phrase != ("il",) or "." in token.text


def _has_authority_number(following: tuple[str, ...]) -> bool:
    """Return whether a number of an authority or a bank follows: five digits or more, letters allowed."""
    is_country_first = bool(following) and len(following[0]) == 2
    begins = any(char.isdigit() for key in following[: 1 + is_country_first] for char in key)
    return begins and sum(char.isdigit() for key in following for char in key) >= _MIN_NUMBER_DIGITS


_MIN_NUMBER_DIGITS: Final = 5


def _find_branch_ending(keys: tuple[str, ...]) -> list[AppendedPart]:
    """Return the branch at the end of a name: ``…, London Branch``, ``… AG Niederlassung London``."""
    if keys[-1] not in _list_ending_words():
        return _find_branch_after_form(keys)
    for length in (2, 1):
        if len(keys) > length + 1 and keys[-length:] in load_lexicon().division_endings:
            start = len(keys) - length
            place = start - 1 if keys[start - 1] in load_lexicon().places and start > 2 else start
            after_form = range(max(2, start - _MAX_SEAT_WORDS), place)
            place = next((at for at in after_form if _is_after_form(keys, at)), place)
            return [AppendedPart(CategoryId.O34_DIVISION, place, len(keys), len(keys))]
    return []


def _find_branch_after_form(keys: tuple[str, ...]) -> list[AppendedPart]:
    endings = load_lexicon().division_endings
    for at in range(2, len(keys) - 1):
        for length in (1, 2):
            if keys[at : at + length] in endings and _is_after_form(keys, at):
                return [AppendedPart(CategoryId.O34_DIVISION, at, at + length, len(keys))]
    return []


@cache
def _list_ending_words() -> frozenset[str]:
    return frozenset([phrase[-1] for phrase in load_lexicon().division_endings])


def _find_asides(text: TokenisedName, keys: tuple[str, ...], stop: int) -> list[AppendedPart]:
    """Return bracketed additions that are not part of the name: ``(Delaware)``, ``/DE/``, ``(publ)``."""
    found = []
    for first, last in _find_brackets(text, stop):
        inner = keys[first:last]
        if inner == (PUBLIC_COMPANY_REMARK,):
            found.append(AppendedPart(PUBLIC_COMPANY_REMARK, first, last, last))
        elif first > 1 and all(key in list_places() for key in inner) and _is_after_form(keys, first):
            found.append(AppendedPart(CategoryId.O23_PLACE_OF_ORGANISATION, first, first, last))
        elif _is_description(inner) or (inner[0] in _REGISTRATION_WORDS and _is_after_form(keys, first)):
            found.append(AppendedPart(CategoryId.O23_PLACE_OF_ORGANISATION, first, last, last))
        elif _is_defined_term(text, first, inner) and _is_after_form(keys, first):
            found.append(AppendedPart(DEFINED_TERM, first, last, last))
    return (
        found
        or _find_description(keys, stop)
        or _find_trailing_state(keys, stop)
        or _find_appendix(text, keys, stop)
    )


def _find_appendix(text: TokenisedName, keys: tuple[str, ...], stop: int) -> list[AppendedPart]:
    """Return what follows the legal form without being announced: an address, or the seat."""
    if not _may_end_in_appendix(keys[2:stop]):
        return []
    for first in range(stop - 1, 1, -1):
        words, is_after_form = keys[first:stop], _is_after_form(keys, first)
        is_after_comma = "," in text.raw[text.tokens[first - 1].end : text.tokens[first].start]
        is_remark = is_address(words) or _is_party_role(words) or _is_mail_address(text, first, stop)
        if (is_after_form and is_remark) or (is_after_comma and is_house_address(words)):
            return [AppendedPart(CategoryId.O40_ANNOTATION, first, first, stop)]
        if is_after_form and is_after_comma and _is_seat(words):
            return [AppendedPart(CategoryId.O23_PLACE_OF_ORGANISATION, first, first, stop)]
    return []


def _may_end_in_appendix(words: tuple[str, ...]) -> bool:
    """Return whether a look is worth it: a place at the end, a street or a box anywhere."""
    lexicon = load_lexicon()
    return bool(words) and (
        words[-1] in list_places()
        or words[-1] in lexicon.country_codes
        or words[-1] in lexicon.party_roles
        or not _REMARK_WORDS.isdisjoint(words)
        or not lexicon.street_words.isdisjoint(words)
    )


_REMARK_WORDS: Final = frozenset({"box", "at"})
"""Words of post-office boxes and of mail addresses, whose sign is read as ``at``."""


def _is_party_role(words: tuple[str, ...]) -> bool:
    """Return whether the words say what a party is in a contract: ``as Borrower``."""
    return len(words) in (2, 3) and words[0] == "as" and words[-1] in load_lexicon().party_roles


def _is_mail_address(text: TokenisedName, first: int, stop: int) -> bool:
    """Return whether the text from a word on is one address with ``@`` and no space in it."""
    written = text.raw[text.tokens[first].start : text.tokens[stop - 1].end]
    return "@" in written[1:] and " " not in written


def _is_defined_term(text: TokenisedName, first: int, inner: tuple[str, ...]) -> bool:
    """Return whether brackets define a term: ``(the "Borrower")``, ``("Acme")``."""
    before = text.raw[text.tokens[first - 1].end : text.tokens[first].start]
    return inner[0] in DEFINED_TERM_OPENINGS or not _QUOTATION_MARKS.isdisjoint(before)


_QUOTATION_MARKS: Final = frozenset('"“”„«»')
_REGISTRATION_WORDS: Final = frozenset(
    {"registered", "incorporated", "organized", "organised", "established", "formed"}
)
"""Words that open a remark on where a company is registered: ``(registered in England)``."""


def _is_seat(words: tuple[str, ...]) -> bool:
    """Return whether the words name a town with its country or state: ``Amsterdam, NL``."""
    is_place = words[-1] in list_places() or (len(words) > 1 and words[-1] in load_lexicon().country_codes)
    return len(words) <= _MAX_SEAT_WORDS and is_place


_MAX_SEAT_WORDS: Final = 4


def _find_description(keys: tuple[str, ...], stop: int) -> list[AppendedPart]:
    """Return what contracts add to a name without brackets: ``Acme, Inc., a Delaware corporation``."""
    first = next(
        (at for at in range(max(2, stop - _MAX_DESCRIPTION_WORDS), stop) if _is_description(keys[at:stop])),
        stop,
    )
    return (
        [AppendedPart(CategoryId.O23_PLACE_OF_ORGANISATION, first, stop, stop)]
        if first < stop and _is_after_form(keys, first)
        else []
    )


_PLACE_OPENINGS: Final = frozenset(
    ["new", "north", "south", "west", "rhode", "british", "united", "hong", "puerto", "cayman"]
)
"""First words of places of two words or more."""


_MAX_DESCRIPTION_WORDS: Final = 18
"""Most words of such a description."""

DEFINED_TERM_OPENINGS: Final = frozenset(
    {"the", "hereinafter", "hereafter", "each", "together", "collectively", "as"}
)
"""Words that open a defined term of a contract: ``(the "Borrower")``, ``as Borrower``."""

_UNDER_LAWS = ("under", "the", "laws", "of")


def _is_description(words: tuple[str, ...]) -> bool:
    """Return whether the words say where and in which form a company is organised.

    ``a New York corporation``, ``a corporation organized under the laws of Delaware``.
    """
    if words[0] not in ("a", "an") or not 3 <= len(words) <= _MAX_DESCRIPTION_WORDS:
        return False
    if _UNDER_LAWS in zip(*(words[at:] for at in range(4)), strict=False):
        return any(form.first == 1 for form in find_legal_forms(("x", words[1])))
    return any(
        (words[1] in _PLACE_OPENINGS or all(key in list_places() for key in words[1:at]))
        and any(form.first == 1 for form in find_legal_forms(("x", *words[at:])))
        for at in range(2, min(len(words), 5))
    )


def _find_trailing_state(keys: tuple[str, ...], stop: int) -> list[AppendedPart]:
    """Return a state code after the form, as registers print it without brackets: ``Acme Corp DE``.

    In ``Padaria Silva Ltda ME`` the code belongs to the form.
    """
    last = stop - 1
    state = last > 1 and len(keys[last]) == 2 and keys[last] in load_lexicon().state_codes
    if not state or not _is_after_form(keys, last) or _is_after_form(keys, stop):
        return []
    return [AppendedPart(CategoryId.O23_PLACE_OF_ORGANISATION, last, last, stop)]


def _is_after_form(keys: tuple[str, ...], first: int) -> bool:
    """Return whether a legal form ends right before; a bracket before the form belongs to the name."""
    forms = find_legal_forms(keys[:first], None)
    return any(form.stop == first for form in forms)


def _find_brackets(text: TokenisedName, stop: int) -> list[tuple[int, int]]:
    """Return the token ranges between brackets or slashes (``/DE/``)."""
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


def _find_article(text: TokenisedName, keys: tuple[str, ...], rest: list[int]) -> int | None:
    """Return the index of a leading ``The``, or of one after the name: ``Acme Company, The``."""
    if len(rest) < 2:
        return None
    if load_lexicon().is_leading_word(keys[rest[0]], text.tokens[rest[0]].text):
        return rest[0]
    return rest[-1] if find_last_article(text, rest[-1]) else None
