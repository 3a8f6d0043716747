"""Estimate from a name alone whether it belongs to a natural person.

Each clue adds its log-odds, as in a logistic regression; the caller compares the result with the clues for an
organisation.
"""

from __future__ import annotations

import re
from math import exp
from typing import Final

from matching.engine.person.doubt import are_vietnamese
from matching.engine.person.lexicon import compute_surprisal, load_name_lists, load_word_lists
from matching.engine.person.name_order import SYLLABLE
from matching.engine.person.parse import parse_person
from matching.engine.person.types import ParsedPerson
from matching.engine.text.phonetics import is_romaji
from matching.engine.text.tokenise import TokenisedName

_BASE_LOG_ODDS: Final = -2.5
"""Log-odds of a person before any clue."""
_CLUE_LOG_ODDS: Final = {
    "comma": 3.5,
    "title": 2.0,
    "suffix": 1.5,
    "degree": 1.0,
    "patronymic": 2.0,
    "initial": 0.3,
    "given": 3.5,
    "family_first": 2.5,
    "hyphenated_given": 2.5,
    "servant": 3.0,
    "japanese": 2.0,
    "vietnamese": 2.0,
    "arabic": 2.5,
    "another_given": 1.0,
    "surname": 1.5,
    "trade": -7.0,
    "digits": -3.0,
    "symbol": -2.0,
    "one_word": 0.5,
    "two_to_four": 1.0,
    "long": -2.5,
    "odd": 0.2,
    "bond": 1.0,
}
"""Log-odds of a person that each clue adds. They are set by hand; no source is recorded for them."""
_ARABIC_PARTICLES: Final = frozenset({"bin", "binti", "bint", "ibn", "abu", "umm"})
_HYPHENATED_GIVEN: Final = re.compile(rf"\b{SYLLABLE}-{SYLLABLE}\b", re.IGNORECASE)
"""A given name of two syllables as Korean and Chinese passports print it: Geun-hye, Chih-ming."""
_ODD_SURPRISAL: Final = 6.0
_SYMBOL_KEYS: Final = frozenset(["and", "of", "for", "the", "at", "percent", "no"])


def estimate_person_probability(text: TokenisedName) -> float:
    """Return a number in [0, 1] that grows with the evidence for a natural person; never raises."""
    score = sum(
        [_CLUE_LOG_ODDS[clue] for clue, holds in extract_kind_clues(text).items() if holds], _BASE_LOG_ODDS
    )
    return 1.0 / (1.0 + exp(-max(min(score, 30.0), -30.0)))


def extract_kind_clues(text: TokenisedName) -> dict[str, bool]:
    """Return the clues of :func:`estimate_person_probability` by name."""
    person = parse_person(text)
    lexicon, size = load_name_lists(), len(person.core)
    given = [token.key in lexicon.given for token in person.given + person.middle]
    return {
        "comma": person.comma,
        "title": bool(person.titles),
        "suffix": bool(person.suffix),
        "degree": bool(person.postnominals),
        "patronymic": bool(person.patronymic),
        "initial": 1 in [len(token.key) for token in person.core],
        "given": any(given[:1]),
        "family_first": 1 < size <= 3
        and not lexicon.family_first.isdisjoint((person.core[0].key, person.core[-1].key)),
        "hyphenated_given": "-" in text.raw and _HYPHENATED_GIVEN.search(text.raw) is not None,
        "servant": any(token.key.startswith("abd") for token in person.core),
        "arabic": not _ARABIC_PARTICLES.isdisjoint([token.key for token in person.text.tokens[:-1]]),
        "vietnamese": are_vietnamese(text.raw, text.raw),
        "japanese": size == 2 and all(is_romaji(token.key) for token in person.core),
        "another_given": any(given[1:]),
        "surname": not lexicon.surnames.isdisjoint([token.key for token in person.surname]),
        "trade": _has_trade_word(person),
        "digits": _has_digits(text),
        "symbol": _has_symbol(person),
        "one_word": size == 1,
        "two_to_four": 2 <= size <= 4,
        "long": size > 5,
        "odd": _has_odd_word(person),
        "bond": bool(person.joint or person.alias or person.birth_name),
    }


def _has_odd_word(person: ParsedPerson) -> bool:
    """Say whether a Latin word of three letters or more is spelled unlike any frequent name."""
    keys = [token.key for token in person.core if len(token.key) > 2 and token.key.isascii()]
    return any(compute_surprisal(key) > _ODD_SURPRISAL for key in keys)


def _has_trade_word(person: ParsedPerson) -> bool:
    """Say whether a trade word stands outside a capacity, an alias or a second person."""
    trade = load_word_lists().trade_words.intersection(person.text.keys)
    return bool(trade) and not trade <= {token.key for token in person.capacity + person.alias + person.joint}


def _has_digits(text: TokenisedName) -> bool:
    return any(token.key[:1].isdigit() and token.text.isdigit() for token in text.tokens)


def _has_symbol(person: ParsedPerson) -> bool:
    """Say whether an ampersand, ``of`` or the like stands outside a joint name, an alias or a capacity."""
    if person.joint or person.capacity or person.style or person.alias:
        return False
    return not _SYMBOL_KEYS.isdisjoint(person.text.keys)
