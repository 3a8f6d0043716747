"""How much a name looks like a natural person's, from its own words alone.

The weights are log-odds over clues a reader would use, in the spirit of a small logistic regression; the
caller sets the answer against the signs of an organisation.
"""

from __future__ import annotations

from math import exp
from operator import mul

from matching.engine.person.lexicon import compute_surprisal, load_name_lists, load_word_lists
from matching.engine.person.parse import parse_person
from matching.engine.person.types import ParsedPerson
from matching.engine.text.tokenise import TokenisedName

_CLUE_WEIGHTS: tuple[tuple[str, float], ...] = (
    ("base", -2.5),
    ("comma", 3.5),
    ("title", 2.0),
    ("suffix", 1.5),
    ("degree", 1.0),
    ("patronymic", 2.0),
    ("particle", 0.0),
    ("initial", 0.3),
    ("given", 3.5),
    ("another_given", 1.0),
    ("surname", 1.5),
    ("trade", -7.0),
    ("digits", -3.0),
    ("symbol", -2.0),
    ("one_word", 0.5),
    ("two_to_four", 1.0),
    ("long", -2.5),
    ("odd", 0.2),
    ("bond", 1.0),
)
_CLUE_LOG_ODDS = tuple([weight for _, weight in _CLUE_WEIGHTS])
_SYMBOL_KEYS = frozenset(["and", "of", "for", "the", "at", "percent", "no"])


def estimate_person_probability(text: TokenisedName) -> float:
    """Probability-like number in [0, 1] that the name is a natural person's; never raises."""
    score = sum(map(mul, _CLUE_LOG_ODDS, extract_kind_clues(text)))
    return 1.0 / (1.0 + exp(-max(min(score, 30.0), -30.0)))


def extract_kind_clues(text: TokenisedName) -> tuple[float, ...]:
    """The clues behind :func:`likelihood`, flags and small counts, in the order of its weights."""
    person = parse_person(text)
    lexicon, size = load_name_lists(), len(person.core)
    given = [token.key in lexicon.given for token in person.given + person.middle]
    lengths = [len(token.key) for token in person.core]
    return (
        1.0,
        person.comma,
        bool(person.titles),
        bool(person.suffix),
        bool(person.postnominals),
        bool(person.patronymic),
        bool(person.particles),
        1 in lengths,
        any(given[:1]),
        any(given[1:]),
        not lexicon.surnames.isdisjoint([token.key for token in person.surname]),
        _has_trade_word(person),
        _has_digits(text),
        _has_symbol(person),
        size == 1,
        2 <= size <= 4,
        size > 5,
        any(
            len(token.key) > 2 and token.key.isascii() and compute_surprisal(token.key) > 6
            for token in person.core
        ),
        bool(person.joint or person.alias or person.birth_name),
    )


def _has_trade_word(person: ParsedPerson) -> bool:
    trade = load_word_lists().trade_words.intersection(person.text.keys)
    return bool(trade) and not trade <= {token.key for token in person.capacity + person.alias + person.joint}


def _has_digits(text: TokenisedName) -> bool:
    return any(token.key[:1].isdigit() and token.text.isdigit() for token in text.tokens)


def _has_symbol(person: ParsedPerson) -> bool:
    """Ampersands, ``of`` and the like outside a joint name, an alias or a capacity."""
    if person.joint or person.capacity or person.style or person.alias:
        return False
    return not _SYMBOL_KEYS.isdisjoint(person.text.keys)
