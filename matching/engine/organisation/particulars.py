"""Particulars that follow a name in its field: addresses, and numbers of registers, authorities and banks."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

from matching.engine.text.lexicon import load_lexicon


@cache
def list_places() -> frozenset[str]:
    """Return the states, their codes and the other places that are known, as comparison keys."""
    words = load_lexicon()
    return words.states | words.state_codes | words.places


def is_address(words: tuple[str, ...]) -> bool:
    """Return whether the words are a house number with a street, or a post-office box."""
    if ("po", "box") in pairwise(words) or ("p", "o", "box") in zip(
        words, words[1:], words[2:], strict=False
    ):
        return True
    streets = load_lexicon().street_words
    return any(word[0].isdigit() for word in words[:2]) and not streets.isdisjoint(words[1:])


def is_house_address(words: tuple[str, ...]) -> bool:
    """Return whether the words begin with a house number and hold a street: ``22 Elm Street, Leith``."""
    return words[0][0].isdigit() and len(words) > 2 and not load_lexicon().street_words.isdisjoint(words[2:])


def is_whole_address(words: tuple[str, ...]) -> bool:
    """Return whether the words are an address and nothing else: ``14 Dock Road, Leeds LS1 4AB``.

    It begins with a house number or a box and ends with a street, a place or a number.
    """
    last = words[-1]
    is_opened = words[0][0].isdigit() or words[0] in ("po", "p")
    streets, codes = load_lexicon().street_words, load_lexicon().country_codes
    is_closed = last in streets or last in codes or last in list_places() or last[-1].isdigit()
    is_postcode = len(last) <= _MAX_POSTCODE_PART and any(map(str.isdigit, last))
    return is_opened and is_address(words) and (is_closed or is_postcode)


_MAX_POSTCODE_PART: Final = 4


def is_register_number(words: tuple[str, ...]) -> bool:
    """Return whether the words are the number of a register, an authority or a bank, with what announces it.

    ``HRB 20417``, ``VAT GB 123456789``; behind a longer word the text may be more than a number.
    """
    phrases = load_lexicon().numbered_annotations
    opening = next((words[:length] for length in (3, 2, 1) if words[:length] in phrases), ())
    rest = words[len(opening) :]
    return bool(opening and rest) and all(
        len(word) <= _MAX_LETTERS_IN_NUMBER or any(map(str.isdigit, word)) for word in rest
    )


_MAX_LETTERS_IN_NUMBER: Final = 2
"""Letters of a country or a section of a register beside the digits: ``GB``, ``B``."""
