"""Standard search logic of UCC filing offices, step by step.

Source: IACA Model Administrative Rules 503 (2015 text); Texas 1 TAC 95.503 tracks it. The points on which
offices differ are fields of :class:`SearchLogic`, and each state variant whose text is known is one value.
Two names with the same search key are disclosed by the same search; nothing else is equal under the logic:
no nicknames, no phonetics, no edit distance, no abbreviation of ordinary words.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

from matching.engine.text.lexicon import load_yaml
from matching.engine.text.tokenise import TokenisedName, normalise_token

NOISE_WORDS: Final[frozenset[tuple[str, ...]]] = frozenset(
    tuple(phrase.split()) for phrase in load_yaml("noise_words.yaml")["ending_noise_words"]
)
"""Ending noise words of IACA MARS 503; an office's own list prevails."""
_MAX_PHRASE_LENGTH: Final = max(len(phrase) for phrase in NOISE_WORDS)

AS_RECEIVED: Final = "as received"
"""The title of the first step of every normalisation."""

STEP_TITLES = (
    AS_RECEIVED,
    "no standard search logic: the exact name",
    "case ignored",
    "& becomes AND",
    "punctuation and accents deleted",
    "ending noise words disregarded",
    "leading THE disregarded",
    "spaces deleted",
    "invisible characters and extra spaces set aside",
    "case, accents and punctuation set aside; & read as and",
)
"""The titles of the steps of an organisation's name, and of any name without search logic."""


@dataclass(frozen=True, slots=True)
class SearchLogic:
    """One office's standard search logic; the defaults are the model rules."""

    id: str = "model"
    title: str = "IACA Model Administrative Rules 503"
    as_of: str = "2015-06-01"
    is_in_force: bool = True
    ampersand_is_and: bool = True
    delete_spaces: bool = True
    repeat_endings: bool = False
    keep_last_word: bool = True
    ignore_suffix: bool = False
    any_error_fatal: bool = False
    exact_given: bool = False
    middle_initials: bool = False


MODEL_RULES: Final = SearchLogic()
SEARCH_LOGICS: Final[dict[str, SearchLogic]] = {
    logic.id: logic
    for logic in (
        MODEL_RULES,
        replace(MODEL_RULES, id="US-TX", title="1 Tex. Admin. Code 95.503"),
        replace(
            MODEL_RULES,
            id="US-NC",
            title="18 N.C. Admin. Code 05B .0503 (no ampersand step, no space step)",
            ampersand_is_and=False,
            delete_spaces=False,
        ),
        replace(
            MODEL_RULES,
            id="US-MA",
            title="950 CMR 140.49 (generational suffixes disregarded)",
            ignore_suffix=True,
        ),
        replace(
            MODEL_RULES,
            id="US-MT",
            title="Mont. Admin. R. 44.6.201 (exact first name, middle names by initial, no ampersand step)",
            as_of="former text",
            is_in_force=False,
            ampersand_is_and=False,
            exact_given=True,
            middle_initials=True,
        ),
        replace(
            MODEL_RULES,
            id="US-FL",
            title="Florida: no standard search logic (1944 Beach Blvd. v. Live Oak, 2022)",
            any_error_fatal=True,
        ),
    )
}
"""State variants with a known text, by ISO 3166-2 code; every other office follows the model rules."""


class NormalisationStep(NamedTuple):
    """One step of a normalisation: its title and what remains of each name."""

    title: str
    left: str
    right: str


def get_search_logic(jurisdiction: str | None) -> SearchLogic:
    """Return the logic of an office, the model rules where its text is not known."""
    return SEARCH_LOGICS.get(jurisdiction or "", MODEL_RULES)


def build_organisation_stages(name: str, logic: SearchLogic = MODEL_RULES) -> list[tuple[str, str]]:
    """Return every step from the name as received to its search key, as ``(step, result)``."""
    stages = [(AS_RECEIVED, name)]
    if logic.any_error_fatal:
        return [*stages, ("no standard search logic: the exact name", name.strip())]
    current = name.upper()
    stages.append(("case ignored", current))
    if logic.ampersand_is_and:
        current = current.replace("&", " AND ")
        stages.append(("& becomes AND", " ".join(current.split())))
    words = _split_words(current)
    stages.append(("punctuation and accents deleted", " ".join(words)))
    words = strip_noise_words(words, logic)
    stages.append(("ending noise words disregarded", " ".join(words)))
    words = words[1:] if len(words) > 1 and words[0] == "THE" else words
    stages.append(("leading THE disregarded", " ".join(words)))
    if logic.delete_spaces:
        stages.append(("spaces deleted", "".join(words)))
    return stages


def _split_words(upper: str) -> list[str]:
    """Split into words of 0-9 A-Z; dots and apostrophes join (R.J.T. is RJT), other marks separate."""
    if upper.isascii():
        return upper.translate(_ASCII_CHARACTERS).split()
    composed = unicodedata.normalize("NFC", upper)
    return composed.translate({ord(char): _replace_character(char) for char in set(composed)}).split()


@lru_cache(maxsize=4_096)
def _replace_character(char: str) -> str:
    if char.isspace():
        return char
    if char.isalnum():
        return normalise_token(char).upper()
    return " " if char in "-/,;:()[]" else ""


_ASCII_CHARACTERS: Final = {code: _replace_character(chr(code)) for code in range(128)}


def strip_noise_words(words: list[str], logic: SearchLogic = MODEL_RULES) -> list[str]:
    """Return words without the ending noise words: one ending, or all where the office repeats the step."""
    while True:
        cut = _count_ending_words([word.lower() for word in words])
        if not cut or (logic.keep_last_word and words[:-cut] in ([], ["THE"])):
            return words
        words = words[:-cut]
        if not logic.repeat_endings:
            return words


def _count_ending_words(words: list[str]) -> int:
    for length in range(min(_MAX_PHRASE_LENGTH, len(words)), 0, -1):
        if tuple(words[-length:]) in NOISE_WORDS:
            return length
    return 0


def build_search_key(name: str, logic: SearchLogic = MODEL_RULES) -> str:
    """Return the search key, which the index of the filing office compares."""
    return build_organisation_stages(name, logic)[-1][1]


def build_text_key(text: str, logic: SearchLogic = MODEL_RULES) -> str:
    """Return what the steps before the endings leave of a part of a name: its letters and digits."""
    if logic.any_error_fatal:
        return text.strip()
    upper = text.upper()
    words = _split_words(upper.replace("&", " AND ") if logic.ampersand_is_and else upper)
    return ("" if logic.delete_spaces else " ").join(words)


def pair_stages(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> tuple[NormalisationStep, ...]:
    """Return the stages of both names as steps."""
    return tuple(
        [NormalisationStep(one[0], one[1], other[1]) for one, other in zip(left, right, strict=True)]
    )


def build_plain_stages(text: TokenisedName) -> list[tuple[str, str]]:
    """Return the steps of profiles without search logic: invisible characters removed, then keys."""
    return [
        (AS_RECEIVED, text.raw),
        ("invisible characters and extra spaces set aside", " ".join(_strip_invisible(text).split())),
        ("case, accents and punctuation set aside; & read as and", " ".join(text.keys)),
    ]


def _strip_invisible(text: TokenisedName) -> str:
    if not text.invisible:
        return text.raw
    return "".join([char for index, char in enumerate(text.raw) if index not in text.invisible])
