"""Spelling variants of a word that registers treat as the same: by sound, or in another tense.

Evidence for the availability profiles alone; sound never proves identity. Source: Companies
(Incorporation) Rules 2014 (India) r. 8(2)(d) and (e) with their illustrations (Chemtech, Kemtek; Ascend,
Ascended; Bee Kay, BK).
"""

from __future__ import annotations

from typing import Final

from matching.engine.categories import CategoryCase
from matching.engine.text.phonetics import collapse_doubles, replace_spellings

_SOUND_REPLACEMENTS = (
    ("ph", "f"), ("ck", "k"), ("ch", "k"), ("qu", "k"), ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"),
    ("our", "or"), ("ee", "i"), ("ie", "i"), ("y", "i"),
)  # fmt: skip
_TENSE_ENDINGS = ("ing", "ed", "en", "e", "s")
_MIN_STEM_LENGTH: Final = 4
_LETTER_NAMES: Final = {
    "ay": "a", "bee": "b", "be": "b", "cee": "c", "see": "c", "dee": "d", "eff": "f", "gee": "g", "jay": "j",
    "kay": "k", "ell": "l", "el": "l", "em": "m", "en": "n", "pee": "p", "cue": "q", "queue": "q", "ar": "r",
    "ess": "s", "tee": "t", "vee": "v", "ex": "x", "why": "y", "wye": "y", "zee": "z", "zed": "z",
}  # fmt: skip
"""English names of letters as they stand in company names."""


def classify_spelling_variant(one: str, other: str) -> CategoryCase:
    """Return how two word keys are one word rewritten: by sound, in another tense, or not at all."""
    if _build_sound_key(one) == _build_sound_key(other):
        return CategoryCase.SAME_SOUND
    return CategoryCase.OTHER_TENSE if _strip_ending(one) == _strip_ending(other) else CategoryCase.NONE


def is_spelled_letters(words: tuple[str, ...], letters: str) -> bool:
    """Return whether words spell letters by their names, at least one in full: ``Bee Kay`` for ``BK``."""
    return "".join([_LETTER_NAMES.get(word, word) for word in words]) == letters


def _build_sound_key(key: str) -> str:
    return collapse_doubles(replace_spellings(key, _SOUND_REPLACEMENTS))


def _strip_ending(key: str) -> str:
    for ending in _TENSE_ENDINGS:
        if key.endswith(ending) and len(key) - len(ending) >= _MIN_STEM_LENGTH:
            return key[: -len(ending)]
    return key
