"""Ways in which one word is written as another that registers look through: by its sound, in another tense.

Evidence for the availability profiles alone; identity is never told by sound. Source: Companies
(Incorporation) Rules 2014 (India) r. 8(2)(d) and (e) with their illustrations (Chemtech, Kemtek; Ascend,
Ascended; Bee Kay, BK).
"""

from __future__ import annotations

from itertools import pairwise

from matching.engine.categories import CategoryCase

_SOUND_REPLACEMENTS = (
    ("ph", "f"), ("ck", "k"), ("ch", "k"), ("qu", "k"), ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"),
    ("our", "or"), ("ee", "i"), ("ie", "i"), ("y", "i"),
)  # fmt: skip
_TENSE_ENDINGS = ("ing", "ed", "en", "e", "s")
_MIN_STEM_LENGTH = 4
_LETTER_NAMES = {
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
    """Whether words are the names of letters, at least one of them in full: ``Bee Kay`` for ``BK``."""
    return "".join([_LETTER_NAMES.get(word, word) for word in words]) == letters


def _build_sound_key(key: str) -> str:
    for written, said in _SOUND_REPLACEMENTS:
        if written in key:
            key = key.replace(written, said)
    return key[:1] + "".join([char for before, char in pairwise(key) if before != char])


def _strip_ending(key: str) -> str:
    for ending in _TENSE_ENDINGS:
        if key.endswith(ending) and len(key) - len(ending) >= _MIN_STEM_LENGTH:
            return key[: -len(ending)]
    return key
