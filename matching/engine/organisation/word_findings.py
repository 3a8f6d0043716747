"""Differences between the words of two organisations' names, from their alignment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.organisation.doubt import (
    MIN_SCRIPT_AGREEMENT,
    announces_number,
    find_doubt,
    is_own_word,
    measure_script_agreement,
)
from matching.engine.organisation.form_findings import MIN_TRUNCATED_LENGTH
from matching.engine.search_logic import NOISE_WORDS
from matching.engine.text.alignment import TokenAlignment, TokenMatch, UnmatchedTokens
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.spelling_variants import classify_spelling_variant, is_spelled_letters
from matching.engine.text.tokenise import (
    Token,
    Tokens,
    get_script,
    get_tokens_span,
    is_mixed_script,
    join_keys,
    list_keys,
)
from matching.engine.text.word_relation import WordRelation
from matching.engine.types import Finding, mirror_finding

_FUNCTION_WORD_WEIGHT: Final = 0.1
"""Weight of an added particle or article, whatever its rarity."""

_PROPER_RARITY: Final = 0.9
"""Rarity from which a word is taken for a proper name (see :func:`compute_rarity`)."""

_RESPELLING_CATEGORIES: Final = {
    CategoryId.O17_TYPO_ORDINARY_WORD,
    CategoryId.O18_TYPO_DISTINCTIVE_WORD,
    CategoryId.O19_HOMOPHONE,
    CategoryId.O26_WORD_REPLACED,
}
_FULL_WEIGHT_ADDITIONS: Final = {
    CategoryId.O05_AND_OMITTED,
    CategoryId.O20_NUMBER,
    CategoryId.O22_GEOGRAPHIC_QUALIFIER,
    CategoryId.O24_GROUP_ROLE_WORD,
}
"""Categories of added words that count in full, however frequent the word is."""


def detect_word_differences(left: Tokens, right: Tokens, alignment: TokenAlignment) -> Iterator[Finding]:
    """Yield the differences of aligned words, moved words and words without counterpart."""
    for match in alignment.matches:
        if match.relation:
            yield _build_match_finding(match, match.relation, left, right)
        elif _is_lookalike(left[match.left_start], right[match.right_start]):
            yield Finding(
                CategoryId.O39_LOOKALIKE, left[match.left_start].span, right[match.right_start].span
            )
    order = _classify_order(list_keys(left), list_keys(right)) if alignment.moves else CategoryCase.NONE
    for i, j in alignment.moves:
        one, other = left[i], right[j]
        weight = compute_rarity(one.key)
        yield Finding(CategoryId.O27_WORD_ORDER, one.span, other.span, order, weight=weight)
        if _is_lookalike(one, other):
            yield Finding(CategoryId.O39_LOOKALIKE, one.span, other.span)
    if _is_truncated(left, right, alignment):
        yield build_spanning_finding((left[-1],), (right[-1],), CategoryId.O38_TRUNCATION)
        return
    has_common_alphabet = _has_common_alphabet(left, alignment)
    for gap in alignment.gaps:
        yield from _detect_in_gap(left, right, gap, has_common_alphabet)


def _classify_order(left: tuple[str, ...], right: tuple[str, ...]) -> CategoryCase:
    """Return whether words that make a name have changed places: *Stone Bridge*, *Bridge Stone*.

    Where a proper name says whose name it is, a word of its role may stand elsewhere: *Bank Ansar*.
    """
    shared = [key for key in left if key in right and not load_lexicon().is_small_word(key)]
    has_proper_name = any(_is_proper_name(key) for key in shared)
    for one, other in combinations(shared, 2):
        is_turned = right.index(one) > right.index(other)
        if is_turned and not (has_proper_name and _is_role_beside_name(one, other)):
            return CategoryCase.EXCHANGED_ORDER
    return CategoryCase.NONE


def _is_role_beside_name(one: str, other: str) -> bool:
    roles = load_lexicon().roles
    return (one in roles and (other in roles or _is_proper_name(other))) or (
        other in roles and _is_proper_name(one)
    )


def _is_proper_name(key: str) -> bool:
    """Return whether a word is in so few names that it is the bearer's own; a letter or a number is not."""
    return len(key) > 2 and not key[0].isdigit() and compute_rarity(key) >= _PROPER_RARITY


def detect_number_conflict(left: Tokens, right: Tokens) -> Iterator[Finding]:
    """Yield a finding where both names hold digits and not the same ones; every script shares digits."""
    one = tuple([token for token in left if token.key[0].isdigit()])
    other = tuple([token for token in right if token.key[0].isdigit()])
    if one and other and sorted(list_keys(one)) != sorted(list_keys(other)):
        yield build_spanning_finding(one, other, CategoryId.O20_NUMBER)


def build_spanning_finding(left: Tokens, right: Tokens, category: CategoryId) -> Finding:
    """Return a finding from the first to the last of some tokens on both sides."""
    return Finding(category, get_tokens_span(left), get_tokens_span(right))


def build_transliteration_finding(left: Tokens, right: Tokens) -> Finding:
    """Return the finding of names in two scripts; ``unrelated`` when no reading of one is in the other."""
    finding = build_spanning_finding(left, right, CategoryId.O36_TRANSLITERATION)
    if measure_script_agreement(left, right) >= MIN_SCRIPT_AGREEMENT:
        return finding
    return finding._replace(detail=CategoryCase.UNRELATED_SCRIPTS)


def is_cross_script(left: Tokens, right: Tokens) -> bool:
    """Return whether no script is common to both and one is not Latin, so that only sound compares."""
    one, other = _list_letter_types(left), _list_letter_types(right)
    return False in one | other and not one & other


def _list_letter_types(tokens: Tokens) -> set[bool]:
    """Return which sorts of letters occur: ``True`` for ASCII after folding, ``False`` for another script."""
    return {token.key.isascii() for token in tokens if not token.key[0].isdigit()}


def _is_lookalike(one: Token, other: Token) -> bool:
    """Return whether only one of two equal words mixes scripts, to look like the other."""
    return is_mixed_script(one.text) != is_mixed_script(other.text)


def _build_match_finding(match: TokenMatch, relation: WordRelation, left: Tokens, right: Tokens) -> Finding:
    ones = left[match.left_start : match.left_stop]
    others = right[match.right_start : match.right_stop]
    category = _classify_match(match, relation, left, right)
    case = _choose_match_case(category, match, left, right)
    weight = _compute_weight(category, (*ones, *others))
    return Finding(category, get_tokens_span(ones), get_tokens_span(others), case, weight)


def _choose_match_case(category: CategoryId, match: TokenMatch, left: Tokens, right: Tokens) -> CategoryCase:
    """Return the doubt about two words; a spelling that a register looks through keeps its own case."""
    ones = left[match.left_start : match.left_stop]
    others = right[match.right_start : match.right_stop]
    case = _choose_case(category, list_keys(ones), list_keys(others))
    doubt = find_doubt(category, left, right, match)
    if case is CategoryCase.SAME_SOUND and doubt is CategoryCase.SHORT_INVENTED_WORD:
        return CategoryCase.SHORT_SAME_SOUND
    is_same_sound = case is CategoryCase.SAME_SOUND and doubt is not CategoryCase.REAL_WORDS
    return case if is_same_sound or case is CategoryCase.OTHER_TENSE else doubt or case


def _classify_match(match: TokenMatch, relation: WordRelation, left: Tokens, right: Tokens) -> CategoryId:
    """Return the category of a match; a word of its own or a letter alone abbreviates no other word."""
    if relation.category is CategoryId.O16_ACRONYM and _is_place_acronym(match, left, right):
        return CategoryId.O15_WORD_ABBREVIATED
    if relation.category is not CategoryId.O15_WORD_ABBREVIATED:
        return relation.category
    if announces_number(left, match.left_start) and announces_number(right, match.right_start):
        return CategoryId.O21_NUMBER_NOTATION
    is_letter = len(left) == len(right) == 1 and 1 in (len(left[0].key), len(right[0].key))
    is_other = is_letter or is_own_word(match, left, right)
    return CategoryId.O26_WORD_REPLACED if is_other else relation.category


def _is_place_acronym(match: TokenMatch, left: Tokens, right: Tokens) -> bool:
    """Return whether the initials are those by which a place is known: UK, United Kingdom."""
    one = left[match.left_start : match.left_stop]
    other = right[match.right_start : match.right_stop]
    short, long = (one, other) if len(one) == 1 else (other, one)
    return load_lexicon().place_acronyms.get(short[0].key) == join_keys(long)


def _compute_weight(category: CategoryId, tokens: Tokens) -> float:
    """Return the rarity of the rarest word; numbers count in full."""
    if category is CategoryId.O20_NUMBER:
        return 1.0
    return max([compute_rarity(token.key) for token in tokens])


def _choose_case(category: CategoryId, one: tuple[str, ...], other: tuple[str, ...]) -> CategoryCase:
    if category is CategoryId.O06_DIACRITICS:
        return CategoryCase.DIGRAPH  # the only O06 between words of different keys: ü as ue
    if category is CategoryId.O22_GEOGRAPHIC_QUALIFIER:
        return CategoryCase.OTHER_PLACE  # another place, not an added one
    if category is CategoryId.O16_ACRONYM:
        is_spelled = is_spelled_letters(one, "".join(other)) or is_spelled_letters(other, "".join(one))
        return CategoryCase.LETTER_NAMES if is_spelled else CategoryCase.NONE
    if category in _RESPELLING_CATEGORIES and len(one) == len(other) == 1:
        return classify_spelling_variant(one[0], other[0])
    return CategoryCase.NONE


def _has_common_alphabet(left: Tokens, alignment: TokenAlignment) -> bool:
    """Return whether both names hold the same word of an alphabet that is not Latin.

    Both are written in it then, and a Latin word in one of them renders a word only if it sounds like it.
    Han characters have readings that are not all known, so that none found proves nothing.
    """
    shared = [left[match.left_start].text[0] for match in alignment.matches if match.relation is None]
    return not {get_script(letter) for letter in shared} <= {"latin", "han", "kana", "other"}


def _detect_in_gap(
    left: Tokens, right: Tokens, gap: UnmatchedTokens, has_common_alphabet: bool
) -> Iterator[Finding]:
    """Yield words without counterpart: replaced where both sides have some, added where one has."""
    ones, others = tuple([left[i] for i in gap.left]), tuple([right[j] for j in gap.right])
    if ones and others and _has_other_script(ones, others):
        finding = build_transliteration_finding(ones, others)
        if finding.detail is not CategoryCase.UNRELATED_SCRIPTS or not has_common_alphabet:
            yield finding
            return
    surplus = len(ones) - len(others)
    added, missing = _select_unpaired(ones, surplus), _select_unpaired(others, -surplus)
    paired_ones = [index for at, index in enumerate(gap.left) if at not in added]
    paired_others = [index for at, index in enumerate(gap.right) if at not in missing]
    for i, j in zip(paired_ones, paired_others, strict=True):
        yield _build_replaced_finding(left, right, i, j)
    for at in sorted(added):
        yield _build_added_finding(ones[at], left, gap.left[at])
    for at in sorted(missing):
        yield mirror_finding(_build_added_finding(others[at], right, gap.right[at]))


def _has_other_script(ones: Tokens, others: Tokens) -> bool:
    is_latin = ones[0].key.isascii() and others[0].key.isascii()
    return not is_latin and is_cross_script(ones, others)


def _select_unpaired(words: Tokens, surplus: int) -> set[int]:
    """Return which words of the longer side have no counterpart: function words first, then the last."""
    if surplus <= 0 or surplus == len(words):
        return set(range(surplus))
    is_function_word = [_is_function_word(word.key) for word in words]
    order = sorted(range(len(words)), key=lambda at: (not is_function_word[at], -at))
    return set(order[:surplus])


def _is_function_word(key: str) -> bool:
    return key in load_lexicon().connectors or key in load_lexicon().particles


def _build_replaced_finding(left: Tokens, right: Tokens, i: int, j: int) -> Finding:
    one, other = left[i], right[j]
    has_number = _is_number_beside_word(left, i) or _is_number_beside_word(right, j)
    category = _classify_replacement(one, other, has_number)
    case = _choose_case(category, (one.key,), (other.key,))
    return Finding(category, one.span, other.span, case, _compute_weight(category, (one, other)))


def _classify_replacement(one: Token, other: Token, has_number: bool) -> CategoryId:
    places = load_lexicon().places
    if has_number or (len(one.key) == len(other.key) == 1):
        return CategoryId.O20_NUMBER
    if one.key in places and other.key in places:
        return CategoryId.O22_GEOGRAPHIC_QUALIFIER
    return CategoryId.O26_WORD_REPLACED


def _is_number_beside_word(side: Tokens, position: int) -> bool:
    """Return whether a word is a number; a letter is one only behind a number or the head of a series.

    In ``V. Medical Ltd`` beside ``Velbrook Medical Ltd`` it is an initial.
    """
    is_letter = len(side[position].key) == 1 and side[position].key.isalpha()
    may_be_number = not is_letter or (position > 0 and _can_precede_number(side, position - 1))
    return may_be_number and _is_number(side, position)


def _is_number(side: Tokens, position: int) -> bool:
    return parse_number(side[position].key, first=position == 0) is not None


def _build_added_finding(token: Token, side: Tokens, position: int) -> Finding:
    if announces_number(side, position):
        category, case = CategoryId.O21_NUMBER_NOTATION, CategoryCase.NUMBER_WORD_ABSENT
        return Finding(category, token.span, None, case, _FUNCTION_WORD_WEIGHT)
    category = _classify_added_word(token, side, position)
    return Finding(category, token.span, None, weight=_compute_added_weight(category, token.key))


def _compute_added_weight(category: CategoryId, key: str) -> float:
    words = load_lexicon()
    if category in _FULL_WEIGHT_ADDITIONS:
        return 1.0
    if category is CategoryId.O25_WORD_ADDED and (key in words.particles or key in words.articles):
        return _FUNCTION_WORD_WEIGHT
    return compute_rarity(key)


def _classify_added_word(token: Token, side: Tokens, position: int) -> CategoryId:
    words, key, last = load_lexicon(), token.key, len(side) - 1
    if token.text in ("&", "+") or key == "and":
        return CategoryId.O05_AND_OMITTED
    if (key,) in NOISE_WORDS and position < last:
        return CategoryId.O14_NOISE_WORD_INSIDE
    if _is_number(side, position) or (len(key) == 1 and position and _can_precede_number(side, position - 1)):
        return CategoryId.O20_NUMBER
    if key in words.domains or (key in words.web_affixes and position in (0, last)):
        return CategoryId.O37_DOMAIN_AFFIX
    if key in words.places:
        return CategoryId.O22_GEOGRAPHIC_QUALIFIER
    return CategoryId.O24_GROUP_ROLE_WORD if key in words.roles else CategoryId.O25_WORD_ADDED


def _can_precede_number(side: Tokens, position: int) -> bool:
    """Return whether a single letter after this word numbers it: ``Series A``, ``Fund IV-A``."""
    return side[position].key in load_lexicon().series_heads or _is_number(side, position)


def _is_truncated(left: Tokens, right: Tokens, alignment: TokenAlignment) -> bool:
    """Return whether a field's length cut one name off: all of it begins the other and it ends mid-word."""
    one, other = join_keys(left), join_keys(right)
    if min(len(one), len(other)) < MIN_TRUNCATED_LENGTH or len(one) == len(other) or alignment.moves:
        return False
    if not (one.startswith(other) or other.startswith(one)):
        return False
    short, long = (left, right) if len(one) < len(other) else (right, left)
    if len(long) < len(short):
        return False
    last, whole = short[-1].key, long[len(short) - 1].key
    if len(short) == len(long) and whole in (f"{last}s", f"{last}es"):
        return False
    return last != whole and whole.startswith(last) and not _is_number(long, len(short) - 1)
