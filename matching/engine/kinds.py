"""Telling an organisation's name from a person's, when the caller does not say."""

from __future__ import annotations

from functools import lru_cache

from matching.engine.legal_forms.finder import find_legal_forms
from matching.engine.person.kind import estimate_person_probability
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import Kind

PLAIN_WORDS_EVIDENCE = 0.15
"""Evidence of two to four plain words without any business word: people's names look like that."""


def detect_kind(left: TokenisedName, right: TokenisedName) -> Kind:
    """Kind of a pair: the evidence of both names together; a doubt goes to the organisation."""
    if _has_form(left) or _has_form(right):
        return Kind.ORGANISATION
    against = _score_organisation_evidence(left) + _score_organisation_evidence(right)
    if against >= 2 * _MAX_PERSON_EVIDENCE:
        return Kind.ORGANISATION
    personal = _score_person_evidence(left) + _score_person_evidence(right) > against or (
        not against and _has_initialled_variant(left, right)
    )
    return Kind.INDIVIDUAL if personal else Kind.ORGANISATION


def _has_initialled_variant(left: TokenisedName, right: TokenisedName) -> bool:
    """``A. Rahman`` beside ``Abdul Rahman``: a company does not write its first word as an initial."""
    for one, other in ((left, right), (right, left)):
        first, rest = one.keys[0], one.keys[1:]
        dotted = len(first) == 1 and one.raw[one.tokens[0].end :].startswith(".")
        if dotted and rest and rest == other.keys[1:] and len(other.keys[0]) > 1:
            return other.keys[0].startswith(first)
    return False


def _has_form(text: TokenisedName) -> bool:
    """Whether a legal form stands in the name itself; what follows a capacity says nothing of who acts."""
    return bool(find_legal_forms(text.keys[: _find_capacity(text) or len(text.keys)]))


_MAX_PERSON_EVIDENCE = 1.0 + PLAIN_WORDS_EVIDENCE
"""Greatest evidence for a person that one name can give."""


@lru_cache(maxsize=16_384)
def _score_person_evidence(text: TokenisedName) -> float:
    """Evidence for a natural person, -1 to :data:`_MOST`, from the words of people's names."""
    keys = text.keys[: _find_capacity(text) or len(text.keys)]
    plain = 2 <= len(keys) <= 4 and all(map(_is_plain_word, keys))
    return (estimate_person_probability(text) - 0.5) * 2 + PLAIN_WORDS_EVIDENCE * plain


def _is_plain_word(key: str) -> bool:
    return len(key) > 2 and key.isascii() and key.isalpha() and key not in load_lexicon().places


def _score_organisation_evidence(text: TokenisedName) -> float:
    """Evidence for an organisation, 0 and more, from business words, symbols and digits."""
    words, keys = load_lexicon(), text.keys[: _find_capacity(text) or len(text.keys)]
    count = sum([key in words.organisation_words or key in words.roles for key in keys])
    symbols = any(token.text in "&+%#$€£" for token in text.tokens)
    digits = any(key[0].isdigit() for key in keys)
    # "MILLS, Cory": a comma after the first word marks a surname, which may be any word.
    surname_first = text.raw[text.tokens[0].end : text.tokens[0].end + 1] == ","
    return (0.3 if surname_first else 1.2) * min(count, 2) + 0.7 * symbols + 0.4 * digits


def _find_capacity(text: TokenisedName) -> int:
    """Index where a capacity begins ("as Trustee of …"); what follows says nothing of who acts."""
    keys = text.keys
    if "as" not in keys:
        return 0
    for index in range(1, len(keys)):
        if keys[index] == "as" and index + 1 < len(keys):
            return index
    return 0
