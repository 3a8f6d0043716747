"""The relation of two words: the same, an abbreviation, a plural, a misspelling, or different words.

:func:`classify_word_relation` takes two tokens; its result depends on nothing else and is cached by pair.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.categories import CategoryId
from matching.engine.text import numbers
from matching.engine.text.han import is_same_word
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.phonetics import (
    build_phonetic_key,
    collapse_doubles,
    compute_typo_share,
    fold_cross_script_consonants,
    strip_vowels,
)
from matching.engine.text.real_words import is_dictionary_word, is_surname
from matching.engine.text.tokenise import (
    build_confusable_skeleton,
    expand_icao_digraphs,
    get_script,
    is_mixed_script,
    romanise_token,
)

MIN_TYPO_SIMILARITY: Final = 0.72
"""Least similarity (1 − OSA distance / longer length) at which two words may be one word misspelt."""


MIN_SPELLING_RATIO: Final = 40.0
"""Indel similarity in per cent below which words with different first letters share nothing."""


@final
class WordRelation:
    """The category of the difference of two words, and the similarity of their spellings in [0, 1]."""

    __slots__ = ("category", "similarity")

    def __init__(self, category: CategoryId, similarity: float) -> None:
        self.category = category
        self.similarity = similarity


@lru_cache(maxsize=16_384)
def classify_word_relation(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    """Return the relation of two words with different keys, ``None`` when they are different words.

    ``a`` and ``b`` are comparison keys, ``text_a`` and ``text_b`` the words as received.
    """
    if _is_clearly_different(a, b) and text_a.isascii() and text_b.isascii():
        return None
    for test in _RELATION_MATCHERS:
        found = test(a, b, text_a, text_b)
        if found is not None:
            return found
    return None


def _match_numbers(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    value_a, value_b = numbers.parse_number(a), numbers.parse_number(b)
    if value_a is None or value_b is None:
        return None
    return (
        WordRelation(CategoryId.O21_NUMBER_NOTATION, 1.0)
        if value_a == value_b
        else WordRelation(CategoryId.O20_NUMBER, 0.5)
    )


def _is_clearly_different(a: str, b: str) -> bool:
    """Return whether a cheap test suffices: other first letters, few letters in common, no two numbers."""
    if a[0] == b[0] or len(a) < 3 or len(b) < 3 or fuzz.ratio(a, b) >= MIN_SPELLING_RATIO:
        return False
    if a in load_lexicon().connectors:
        return b not in load_lexicon().connectors
    return numbers.parse_number(a) is None or numbers.parse_number(b) is None


def _match_connector(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    """Match ``&`` with the word "and" of any language; two such words of two languages do not match."""
    connectors = load_lexicon().connectors
    signs = (text_a in "&+") + (text_b in "&+")
    return (
        WordRelation(CategoryId.O04_AMPERSAND, 1.0)
        if signs == 1 and a in connectors and b in connectors
        else None
    )


def _match_articles(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    """Match two romanisations of the Arabic article: ``El Nasr``, ``Al Nasr``; ``Ar Rajhi``, ``Al Rajhi``."""
    articles = load_lexicon().arabic_articles
    return WordRelation(CategoryId.O36_TRANSLITERATION, 0.8) if {a, b} <= articles else None


def _match_digraphs(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    if text_a.isascii() and text_b.isascii():
        return None
    equal = (
        b in (expand_icao_digraphs(text_a), a)
        or a == expand_icao_digraphs(text_b)
        or expand_icao_digraphs(text_a) == expand_icao_digraphs(text_b)
    )
    return WordRelation(CategoryId.O06_DIACRITICS, 1.0) if equal else None


def _match_scripts(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    if a.isascii() and b.isascii() and text_a.isascii() and text_b.isascii():
        return None
    if is_mixed_script(text_a) or is_mixed_script(text_b):
        return (
            WordRelation(CategoryId.O39_LOOKALIKE, 1.0)
            if build_confusable_skeleton(text_a) == build_confusable_skeleton(text_b)
            else None
        )
    if get_script(a[0]) == get_script(b[0]):
        return None
    similarity = compute_romanised_similarity(romanise_token(text_a), romanise_token(text_b))
    return WordRelation(CategoryId.O36_TRANSLITERATION, similarity) if similarity >= 0.7 else None


def compute_romanised_similarity(one: str, other: str) -> float:
    """Return the similarity in [0, 1] of two Latin renderings, by letters or by consonants."""
    letters = JaroWinkler.similarity(one, other)
    return max(
        letters, fuzz.ratio(fold_cross_script_consonants(one), fold_cross_script_consonants(other)) / 100
    )


def _match_han_variants(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    return WordRelation(CategoryId.O36_TRANSLITERATION, 1.0) if is_same_word(a, b) else None


def _match_group_word(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    """Match a name in one word with the same name and a group word joined to it (集团, 홀딩스)."""
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if a.isascii() or not long.startswith(short) or long[len(short) :] not in load_lexicon().joined_roles:
        return None
    return WordRelation(CategoryId.O24_GROUP_ROLE_WORD, len(short) / len(long))


_APOSTROPHES: Final = frozenset("'’‘ʼ`´")


def _match_plural(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if len(short) < 3 or len(long) - len(short) > 3:
        return None
    if short[-1] == "s" and not long.endswith("es") and _APOSTROPHES.isdisjoint(text_a + text_b):
        return None  # Weis, Weiss: an s more is no plural of a word that ends in one, but Hughes, Hughes's
    forms = (short + "s", short + "es", short + "ss", short[:-1] + "ies" if short[-1] == "y" else "")
    return WordRelation(CategoryId.O28_PLURAL, len(short) / len(long)) if long in forms else None


def _match_abbreviation(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    short, long = (a, b) if len(a) < len(b) else (b, a)
    known = load_lexicon().abbreviations
    if long in known.get(short, ()) or (short in known and known[short] & known.get(long, frozenset())):
        return WordRelation(CategoryId.O15_WORD_ABBREVIATED, len(short) / len(long))
    text = text_a if short == a else text_b
    cut = (
        len(short) >= 3
        and len(long) - len(short) >= 3
        and long.startswith(short)
        and compute_rarity(long) < 0.75
    )
    return (
        WordRelation(CategoryId.O15_WORD_ABBREVIATED, len(short) / len(long))
        if cut and text[0].isalpha()
        else None
    )


def _match_confusable(a: str, b: str, text_a: str, text_b: str) -> WordRelation | None:
    if len(a) < 3 or build_confusable_skeleton(text_a) != build_confusable_skeleton(text_b):
        return None
    # i/l alone also differ by ordinary misspelling; digits or rn/m are what a scanner confuses.
    scanned = any(char.isdigit() for char in text_a + text_b) or len(a) != len(b)
    return (
        WordRelation(CategoryId.O39_LOOKALIKE, 1 - OSA.distance(a, b) / max(len(a), len(b)))
        if scanned
        else None
    )


def _match_typo(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    longest = max(len(a), len(b))
    similarity = 1 - OSA.distance(a, b) / longest
    close = similarity >= MIN_TYPO_SIMILARITY or (longest <= 4 and similarity >= 0.6)
    if not close or a.isdigit() or b.isdigit() or are_other_words(a, b):
        return None
    return WordRelation(
        CategoryId.O17_TYPO_ORDINARY_WORD
        if _is_common_word(a) or _is_common_word(b) or _is_plain_typo(a, b)
        else CategoryId.O18_TYPO_DISTINCTIVE_WORD,
        similarity,
    )


def _is_plain_typo(a: str, b: str) -> bool:
    """Return whether one word is a long one of the dictionary and the other, which is none, one slip away."""
    if max(len(a), len(b)) < _MIN_PLAIN_TYPO_LETTERS or a[0] != b[0] or OSA.distance(a, b) != 1:
        return False
    return is_dictionary_word(a) != is_dictionary_word(b) and not (is_surname(a) or is_surname(b))


_MIN_PLAIN_TYPO_LETTERS: Final = 8
"""Fewest letters of such a word: brands misspell short ones on purpose (Flickr, Lyft)."""


def are_other_words(one: str, other: str) -> bool:
    """Return whether two words of like letters are no spellings of one: contraries, initials, letters."""
    return are_contrary(one, other) or _are_initialisms(one, other) or _are_role_names(one, other)


def _are_initialisms(one: str, other: str) -> bool:
    """Return whether both are initials, where every letter stands for a word: BMW, BWM."""
    if max(len(one), len(other)) > _MAX_INITIALS or not (one + other).isascii():
        return False
    if len(one) == len(other) <= _MAX_ACRONYM:
        return True
    return strip_vowels(one) == one and strip_vowels(other) == other


_MAX_INITIALS, _MAX_ACRONYM = 5, 3
"""Most letters of initials without a vowel, and of words so short that any other letter makes another."""


def _are_role_names(one: str, other: str) -> bool:
    """Return whether both name a company's place in a group (BidCo, MidCo) or both a Greek letter."""
    lexicon = load_lexicon()
    if one in lexicon.greek_letters and other in lexicon.greek_letters:
        return True
    return one.endswith("co") and other.endswith("co") and {one, other} <= lexicon.roles


def _has_prefix(word: str, longer: str) -> bool:
    """Return whether the longer word is the shorter one behind a prefix: organic, inorganic; biopharma."""
    if len(word) < _MIN_PREFIXED_LETTERS or not longer.endswith(word) or not is_dictionary_word(word):
        return False
    prefix, lexicon = longer[: -len(word)], load_lexicon()
    return prefix in lexicon.specifying_prefixes or (
        prefix in lexicon.negations and is_dictionary_word(longer)
    )


_MIN_PREFIXED_LETTERS: Final = 6


@lru_cache(maxsize=16_384)
def are_contrary(one: str, other: str) -> bool:
    """Return whether two words say the contrary: listed pairs, and one word behind two contrary prefixes.

    A word beside itself behind a negation or a specifying prefix (``bio``) is another word as well.
    """
    lexicon = load_lexicon()
    if frozenset((one, other)) in lexicon.opposites or _has_prefix(*sorted((one, other), key=len)):
        return True
    return any(
        (one.startswith(first) and other.startswith(second) and one[len(first) :] == other[len(second) :])
        or (one.startswith(second) and other.startswith(first) and one[len(second) :] == other[len(first) :])
        for first, second in lexicon.contrary_prefixes
    )


def _is_common_word(key: str) -> bool:
    """Return whether a word is common in company names and says little about which company is meant."""
    return compute_rarity(key) < 0.78


def _match_phonetic(a: str, b: str, _text_a: str, _text_b: str) -> WordRelation | None:
    if not (a.isascii() and b.isascii()) or min(len(a), len(b)) < 4 or not (a.isalpha() and b.isalpha()):
        return None
    if are_other_words(a, b):
        return None
    code = build_phonetic_key(a)
    return (
        WordRelation(CategoryId.O19_HOMOPHONE, JaroWinkler.similarity(a, b))
        if len(code) > 1 and code == build_phonetic_key(b)
        else None
    )


_RELATION_MATCHERS = (
    _match_connector,
    _match_articles,
    _match_numbers,
    _match_digraphs,
    _match_scripts,
    _match_han_variants,
    _match_group_word,
    _match_plural,
    _match_abbreviation,
    _match_confusable,
    _match_typo,
    _match_phonetic,
)


class MisspellingFeatures(NamedTuple):
    """How two spellings of a word differ; ``typo_share`` is in [0, 1], lengths and edits are counts."""

    edits: int
    shorter_length: int
    is_transposition: bool
    first_letter_differs: bool
    only_vowels_differ: bool
    only_doubling_differs: bool
    both_known: bool
    one_known: bool
    typo_share: float


@lru_cache(maxsize=16_384)
def measure_misspelling(a: str, b: str) -> MisspellingFeatures:
    """Measure how two spellings of a word differ, by comparison keys."""
    counts = load_lexicon().word_counts
    known = (a in counts) + (b in counts)
    edits = OSA.distance(a, b)
    return MisspellingFeatures(
        edits=edits,
        shorter_length=min(len(a), len(b)),
        is_transposition=len(a) == len(b) and sorted(a) == sorted(b),
        first_letter_differs=a[0] != b[0],
        only_vowels_differ=strip_vowels(a) == strip_vowels(b),
        only_doubling_differs=collapse_doubles(a) == collapse_doubles(b),
        both_known=known == 2,
        one_known=known == 1,
        typo_share=compute_typo_share(a, b, edits),
    )
