"""What each sentence on a difference claims of the two names, as a predicate that reads the names alone.

The predicates are written apart from the detectors, so that a sentence is checked against the pair and not
against the code that chose it. Keys are those of
:func:`~matching.engine.differences.sentences.choose_sentence_key`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from matching.engine.legal_forms.finder import find_legal_forms
from matching.engine.person.lexicon import are_listed_variants, is_nickname, load_word_lists
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.tokenise import build_confusable_skeleton, expand_icao_digraphs, normalise_token

_SURNAME_CHANGES = {"I10", "I15", "I26"}


class Claim(NamedTuple):
    """A difference as it is shown, with the whole names and the categories of all differences of the pair."""

    text1: str
    text2: str
    left: str
    right: str
    categories: tuple[str, ...]

    @property
    def is_one_sided(self) -> bool:
        """Whether only one name has the text."""
        return bool(self.text1) != bool(self.text2)

    @property
    def text(self) -> str:
        """The text of a one-sided difference."""
        return self.text1 or self.text2

    @property
    def without_text(self) -> str:
        """The name on whose side nothing stands."""
        return self.right if self.text1 else self.left


def fold(text: str) -> str:
    """Return the letters and digits without case, accents and marks."""
    plain = unicodedata.normalize("NFKD", re.sub("[™®℠]", "", text.casefold()))
    return "".join(
        [normalise_token(char) for char in plain if char.isalnum() or _is_vowel_sign(char)]
    ).casefold()


def _is_vowel_sign(char: str) -> bool:
    """Return whether a mark is a letter's vowel, as in Devanagari, and no Latin accent."""
    return unicodedata.category(char) == "Mc"


def list_words(text: str) -> list[str]:
    """Return the words, folded; dots and apostrophes inside a word join."""
    joined = re.sub(r"(?<=\w)[.'’](?=\w)", "", unicodedata.normalize("NFKC", text))
    return [word for word in map(fold, re.split(r"[\W_]+", joined)) if word]


def list_parts(text: str) -> list[str]:
    """Return the runs of letters and of digits, folded; every mark separates."""
    found = re.findall(r"\d+|[A-Za-zÀ-ɏ]+|[^\W\d_A-Za-zÀ-ɏ]+", unicodedata.normalize("NFKC", text))
    return [fold(part) for part in found]


def count_words(text: str) -> Counter[str]:
    """Return the words with their number."""
    return Counter(list_words(text))


def differ_in_letters(claim: Claim) -> bool:
    """Both texts stand there and their letters are not the same."""
    return bool(claim.text1 and claim.text2) and fold(claim.text1) != fold(claim.text2)


def have_equal_letters(claim: Claim) -> bool:
    """Both texts have the same letters, or a word that has, and are not the same text."""
    shared = set(list_parts(claim.text1)) & set(list_parts(claim.text2))
    return claim.text1 != claim.text2 and (fold(claim.text1) == fold(claim.text2) or bool(shared))


def is_absent_from_other(claim: Claim) -> bool:
    """The word stands on one side only: the other name has it less often."""
    own = claim.left if claim.text1 else claim.right
    is_native = not fold(claim.text).isascii()
    if is_native and fold(claim.text) in fold(claim.without_text):
        return False
    return claim.is_one_sided and (
        is_native
        or any(
            Counter(split(own))[word] > Counter(split(claim.without_text))[word]
            for split in (list_words, list_parts)
            for word in split(claim.text)
        )
    )


def is_near(claim: Claim) -> bool:
    """The two texts are near spellings: at most a third of the letters differ."""
    one, two = fold(claim.text1), fold(claim.text2)
    return differ_in_letters(claim) and OSA.distance(one, two) <= max(1, max(len(one), len(two)) // 3)


def _any_word_pair(claim: Claim, test: Callable[[str, str], bool]) -> bool:
    ones, others = re.findall(r"\w+", claim.text1), re.findall(r"\w+", claim.text2)
    return any(test(one, other) for one in ones for other in others)


def _differ_in_case(claim: Claim) -> bool:
    return _any_word_pair(claim, lambda one, other: one != other and one.casefold() == other.casefold())


def _differ_in_accents(claim: Claim) -> bool:
    one, two = (unicodedata.normalize("NFKC", text.casefold()) for text in (claim.text1, claim.text2))
    is_marked = not (one.isascii() and two.isascii())
    is_digraph = expand_icao_digraphs(one) != one or expand_icao_digraphs(two) != two
    return one != two and (is_marked or is_digraph)


def _is_encoded_otherwise(claim: Claim) -> bool:
    one, two = (unicodedata.normalize("NFKC", text.casefold()) for text in (claim.text1, claim.text2))
    return claim.text1 != claim.text2 and one == two


def _has_marks_otherwise(claim: Claim) -> bool:
    return claim.text1 != claim.text2 and fold(claim.text1) == fold(claim.text2)


def _is_spaced_otherwise(claim: Claim) -> bool:
    one, two = claim.text1, claim.text2
    return "".join(one.split()) == "".join(two.split()) or fold(one) == fold(two)


def _has_sign_for_word(claim: Claim) -> bool:
    signs = [
        {char for char in unicodedata.normalize("NFKC", text) if char in "&+"}
        for text in (claim.text1, claim.text2)
    ]
    words = list_parts(f"{claim.text1} {claim.text2}")
    return signs[0] != signs[1] and any(word in load_lexicon().connectors for word in words)


def _is_article(claim: Claim) -> bool:
    own = claim.left if claim.text1 else claim.right
    return (
        claim.is_one_sided
        and fold(claim.text) in load_lexicon().articles
        and fold(claim.text) in list_words(own)
    )


def _is_sign_addition(claim: Claim) -> bool:
    return (claim.is_one_sided and bool(claim.text) and not fold(claim.text).isalnum()) or len(
        claim.text
    ) == 1


def _is_form(words: Sequence[str]) -> bool:
    return len(words) == 1 and any(form.first == 1 for form in find_legal_forms(("x", *words)))


def _is_no_form(claim: Claim) -> bool:
    """No text is a legal form and nothing else."""
    return not any(_is_form(list_words(text)) for text in (claim.text1, claim.text2))


def _is_distinctive_addition(claim: Claim) -> bool:
    return is_absent_from_other(claim) and _is_no_form(claim) and not _is_small(fold(claim.text))


def _is_small_addition(claim: Claim) -> bool:
    return is_absent_from_other(claim) and _is_small(fold(claim.text))


def _is_small(word: str) -> bool:
    words = load_lexicon()
    return word in words.particles | words.articles | words.connectors


def _is_form_addition(claim: Claim) -> bool:
    return is_absent_from_other(claim) and not _is_no_form(claim)


def _is_abbreviation(claim: Claim) -> bool:
    return differ_in_letters(claim) and (
        len(fold(claim.text1)) != len(fold(claim.text2)) or len(fold(claim.text1)) <= 4
    )


def _are_initials(claim: Claim) -> bool:
    short, long = sorted((claim.text1, claim.text2), key=lambda text: len(fold(text)))
    return differ_in_letters(claim) and fold(short)[0] == fold(long)[0]


def _has_number(claim: Claim) -> bool:
    texts = [text for text in (claim.text1, claim.text2) if text]
    return (
        any(
            any(char.isdigit() for char in text)
            or any(parse_number(word) is not None or len(word) == 1 for word in list_words(text))
            for text in texts
        )
        and claim.text1 != claim.text2
    )


def _is_word_for_number(claim: Claim) -> bool:
    return {fold(text) for text in (claim.text1, claim.text2) if text} <= {"no", "nr", "num", "nbr", "number"}


def _is_place(claim: Claim) -> bool:
    words = load_lexicon()
    known = words.places | words.states | words.state_codes
    return claim.text1 != claim.text2 and all(
        any(word in known for word in (*list_words(text), fold(text)))
        for text in (claim.text1, claim.text2)
        if text
    )


def _is_role(claim: Claim) -> bool:
    return is_absent_from_other(claim) and fold(claim.text) in load_lexicon().roles


def _is_moved(claim: Claim) -> bool:
    word = fold(claim.text1)
    return word == fold(claim.text2) and list_words(claim.left) != list_words(claim.right)


def _are_same_words_moved(claim: Claim) -> bool:
    return count_words(claim.left) == count_words(claim.right) and list_words(claim.left) != list_words(
        claim.right
    )


def _is_plural(claim: Claim) -> bool:
    one, two = sorted((fold(claim.text1), fold(claim.text2)), key=len)
    return (
        two in (one + "s", one + "es", one) or two == one[:-1] + "ies" or two.rstrip("s") == one.rstrip("s")
    )


def _is_other_writing(claim: Claim) -> bool:
    """Two scripts, or two near spellings of one."""
    one, two = claim.text1, claim.text2
    return bool(one and two) and one != two


def _is_two_scripts(claim: Claim) -> bool:
    return normalise_token(claim.text1).isascii() != normalise_token(claim.text2).isascii() or not (
        claim.text1.isascii() and claim.text2.isascii()
    )


def _is_cut(claim: Claim) -> bool:
    plain = [fold(name.replace("&", " and ")) for name in (claim.left, claim.right)]
    one, two = sorted(plain, key=len)
    return two.startswith(one) and one != two


def _looks_alike(claim: Claim) -> bool:
    """The texts look the same and differ visibly in what is said of them, or a character does not print."""
    one, two = claim.text1, claim.text2
    if not (one and two):
        return (
            not claim.text.strip()
            or not claim.text.isprintable()
            or unicodedata.category(claim.text[0]) == "Cf"
        )
    return one != two and build_confusable_skeleton(one.casefold()) == build_confusable_skeleton(
        two.casefold()
    )


def _is_same_words_in_name(claim: Claim) -> bool:
    return sorted(fold(claim.left)) == sorted(fold(claim.right))


def _is_initial(claim: Claim) -> bool:
    short, long = sorted((fold(claim.text1), fold(claim.text2)), key=len)
    return len(short) == 1 and len(long) > 1 and normalise_token(long).startswith(short)


def _is_listed_nickname(claim: Claim) -> bool:
    one, two = fold(claim.text1), fold(claim.text2)
    return (
        is_nickname(one, two)
        or one.startswith(two[:2])
        or any(
            is_nickname(word, other) for word in list_words(claim.text1) for other in list_words(claim.text2)
        )
    )


def _are_listed_spellings(claim: Claim) -> bool:
    one, two = fold(claim.text1), fold(claim.text2)
    return are_listed_variants("spelling", one, two) or are_listed_variants("transliteration", one, two)


def _has_same_surname(claim: Claim) -> bool:
    return differ_in_letters(claim) and not _SURNAME_CHANGES & set(claim.categories)


def _has_agreeing_given_name(claim: Claim) -> bool:
    return differ_in_letters(claim) and not {"I04", "I08", "I09", "I11", "I21", "I26"} & set(claim.categories)


def _is_half_of_hyphenated(claim: Claim) -> bool:
    own = claim.left if claim.text1 else claim.right
    return is_absent_from_other(claim) and "-" in own


def _is_particle(claim: Claim) -> bool:
    lists = load_word_lists()
    known = lists.particles | lists.articles | lists.nasab
    return claim.is_one_sided and fold(claim.text) in known


def _is_one_sided(claim: Claim) -> bool:
    return claim.is_one_sided


def _is_two_sided(claim: Claim) -> bool:
    return bool(claim.text1 and claim.text2) and claim.text1 != claim.text2


CLAIMS: dict[str, Callable[[Claim], bool]] = {
    "O01": _differ_in_case,
    "O02": _is_spaced_otherwise,
    "O03": _has_marks_otherwise,
    "O04": _has_sign_for_word,
    "O04/width": _is_encoded_otherwise,
    "O05": lambda claim: (
        claim.is_one_sided and (claim.text in "&+" or fold(claim.text) in load_lexicon().connectors)
    ),
    "O06": _differ_in_accents,
    "O06/digraph": _differ_in_accents,
    "O06/encoding": _is_encoded_otherwise,
    "O06/width": _is_encoded_otherwise,
    "I02/encoding": _is_encoded_otherwise,
    "I02/width": _is_encoded_otherwise,
    "O07": lambda claim: _is_article(claim) and is_absent_from_other(claim),
    "O07/last": lambda claim: _is_article(claim) and is_absent_from_other(claim),
    "O07/elsewhere": lambda claim: fold(claim.text1) == fold(claim.text2) == "the",
    "O08": lambda claim: claim.text1 != claim.text2 or claim.left != claim.right,
    "O09": _is_two_sided,
    "O10": _is_two_sided,
    "O10/slip": is_near,
    "O07/address": lambda claim: claim.is_one_sided and fold(claim.text) not in load_lexicon().articles,
    "O11": is_absent_from_other,
    "O12": _is_two_sided,
    "O13": _is_two_sided,
    "O14": is_absent_from_other,
    "O15": _is_abbreviation,
    "O15/ambiguous": _is_abbreviation,
    "O15/listed": _is_abbreviation,
    "O16": _are_initials,
    "O17": lambda claim: is_near(claim) and _is_no_form(claim),
    "O18": lambda claim: is_near(claim) and _is_no_form(claim),
    "O19": differ_in_letters,
    "O20": _has_number,
    "O21": _has_number,
    "O21/number": _is_word_for_number,
    "O21/bare": _is_word_for_number,
    "O22": _is_place,
    "O24": _is_role,
    "O25": _is_distinctive_addition,
    "O25/small": _is_small_addition,
    "O25/sign": _is_sign_addition,
    "O25/form": _is_form_addition,
    "O26": differ_in_letters,
    "O27": _are_same_words_moved,
    "O08/place": lambda claim: claim.left != claim.right,
    "O27/part": _is_moved,
    "O28": _is_plural,
    "O36": _is_other_writing,
    "O36/unrelated": _is_two_scripts,
    "O37": _is_one_sided,
    "O38": _is_cut,
    "O39": _looks_alike,
    "I01": have_equal_letters,
    "I02": _differ_in_accents,
    "I03": _is_same_words_in_name,
    "I03/exchanged": _is_same_words_in_name,
    "I04": _is_initial,
    "I05": is_absent_from_other,
    "I06": _is_initial,
    "I07": differ_in_letters,
    "I08": _is_listed_nickname,
    "I09": _are_listed_spellings,
    "I10": is_near,
    "I11": _has_same_surname,
    "I12": _is_two_sided,
    "I13": _is_one_sided,
    "I14": _is_one_sided,
    "I15": _has_agreeing_given_name,
    "I16": _is_half_of_hyphenated,
    "I17": is_absent_from_other,
    "I18": _is_particle,
    "I20": differ_in_letters,
    "I22": _is_one_sided,
    "I23": lambda claim: claim.is_one_sided and not fold(claim.text).startswith("estate"),
    "I23/estate": lambda claim: claim.is_one_sided and fold(claim.text).startswith("estate"),
    "I24": _is_one_sided,
    "I25": _is_one_sided,
    "I26": _is_one_sided,
}
"""What the sentence of each key claims; a case without a predicate of its own claims two different texts."""


def is_claim_true(key: str, claim: Claim) -> bool:
    """Return whether the sentence of that key is true of the pair."""
    if key in CLAIMS:
        return CLAIMS[key](claim)
    return claim.text1 != claim.text2
