"""The detection of the kind of a name: an organisation's or a person's."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from matching.engine.legal_forms.finder import find_legal_forms
from matching.engine.person.kind import estimate_person_probability
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.real_words import is_everyday_word
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import Kind

PLAIN_WORDS_EVIDENCE: Final = 0.15
"""Evidence for a person that two to four plain words without any business word give."""


class DetectedKind(NamedTuple):
    """The kind that the evidence supports, and whether the other kind is as plausible."""

    kind: Kind
    is_doubtful: bool = False


_ORGANISATION: Final = DetectedKind(Kind.ORGANISATION)


def detect_kind(left: TokenisedName, right: TokenisedName) -> DetectedKind:
    """Return the kind that the evidence of both names supports; an organisation where there is none.

    Plain words that are in no dictionary (``Rhodes Corbould``) may be a person's name as well.
    """
    if _has_form(left) or _has_form(right):
        return _ORGANISATION
    against = _score_organisation_evidence(left) + _score_organisation_evidence(right)
    if against >= 2 * _MAX_PERSON_EVIDENCE:
        return _ORGANISATION
    personal = _score_person_evidence(left) + _score_person_evidence(right)
    if personal > against or (not against and _has_initialled_variant(left, right)):
        return DetectedKind(Kind.INDIVIDUAL)
    is_doubtful = not against and _may_be_person(left) and _may_be_person(right)
    return DetectedKind(Kind.ORGANISATION, is_doubtful)


def _may_be_person(text: TokenisedName) -> bool:
    """Return whether a name is two or three plain words, none of them an everyday one."""
    return 2 <= len(text.keys) <= _MAX_PERSON_WORDS and all(
        _is_plain_word(key) and not is_everyday_word(key) for key in text.keys
    )


_MAX_PERSON_WORDS: Final = 3


def _has_initialled_variant(left: TokenisedName, right: TokenisedName) -> bool:
    """Return whether one name abbreviates the other's first word: ``A. Rahman``, ``Abdul Rahman``.

    A company does not write its first word as an initial.
    """
    for one, other in ((left, right), (right, left)):
        first, rest = one.keys[0], one.keys[1:]
        dotted = len(first) == 1 and one.raw[one.tokens[0].end :].startswith(".")
        if dotted and rest and rest == other.keys[1:] and len(other.keys[0]) > 1:
            return other.keys[0].startswith(first)
    return False


def _has_form(text: TokenisedName) -> bool:
    """Return whether a legal form stands in the name, before any capacity."""
    # The arguments are those of the parser, which then finds the answer in the cache.
    return bool(find_legal_forms(text.keys[: _find_capacity(text) or len(text.keys)], None))


_MAX_PERSON_EVIDENCE: Final = 1.0 + PLAIN_WORDS_EVIDENCE
"""Greatest evidence for a person that one name can give."""


@lru_cache(maxsize=16_384)
def _score_person_evidence(text: TokenisedName) -> float:
    """Return the evidence for a person, -1 to :data:`_MAX_PERSON_EVIDENCE`, from words of people's names."""
    keys = text.keys[: _find_capacity(text) or len(text.keys)]
    plain = 2 <= len(keys) <= 4 and all(map(_is_plain_word, keys))
    return (estimate_person_probability(text) - 0.5) * 2 + PLAIN_WORDS_EVIDENCE * plain


def _is_plain_word(key: str) -> bool:
    return len(key) > 2 and key.isascii() and key.isalpha() and key not in load_lexicon().places


def _score_organisation_evidence(text: TokenisedName) -> float:
    """Return the evidence for an organisation, 0 and more, from business words, symbols and digits."""
    words, keys = load_lexicon(), text.keys[: _find_capacity(text) or len(text.keys)]
    count = sum([key in words.organisation_words or key in words.roles for key in keys])
    symbols = any(token.text in "&+%#$€£" for token in text.tokens)
    digits = any(key[0].isdigit() for key in keys)
    # "MILLS, Cory": a comma after the first word marks a surname, which may be any word.
    surname_first = text.raw[text.tokens[0].end : text.tokens[0].end + 1] == ","
    return (0.3 if surname_first else 1.2) * min(count, 2) + 0.7 * symbols + 0.4 * digits


def _find_capacity(text: TokenisedName) -> int:
    """Return the index where a capacity begins ("as Trustee of …"), 0 when there is none.

    What follows a capacity is not the name of the person who acts.
    """
    inner = text.keys[1:-1]
    return inner.index("as") + 1 if "as" in inner else 0
