"""Differences in the words of the name proper: other words, and words on one side only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matching.engine.categories import CategoryId
from matching.engine.person.align import PersonAlignment, WordPair, get_core_span
from matching.engine.person.doubt import (
    COMPOUND,
    MIN_SCRIPT_AGREEMENT,
    UNRELATED,
    UNRELATED_SCRIPTS,
    are_surnames_of_one_sound,
    find_name_doubt,
    has_other_ending,
    have_one_name_in_common,
    is_half_of_compound,
)
from matching.engine.person.lexicon import load_name_lists, load_word_lists
from matching.engine.person.similarity import (
    ARTICLE,
    EQUAL,
    ICAO,
    INITIAL,
    NICKNAME,
    PREFIX,
    SCRIPT,
    TRANSLITERATION,
    TYPO,
    VOWELS,
    compare_words,
)
from matching.engine.person.types import (
    ABSENT,
    BIRTH_NAME,
    CONTRADICTED,
    DISTINCT_NAMES,
    GENDER,
    GIVEN,
    MIDDLE,
    ONE_IN_COMMON,
    PATRONYMIC,
    SURNAME,
    ParsedPerson,
    Role,
    find_tokens_span,
    get_token_keys,
)
from matching.engine.text.chinese import are_wade_giles_spellings, is_pinyin
from matching.engine.types import Finding, mirror_finding

BOTH_FREQUENT: Final = 2
SHORT_NAME_LENGTH: Final = 4
"""Length up to which one other letter usually makes another name (Rao, Rai; Oda, Ota), frequent or not."""
MAX_SURPRISAL_GAP: Final = 1.0
"""How much less name-like (:func:`~matching.engine.person.lexicon.compute_surprisal`) a word may be than its
partner before it counts as a typing error."""
_GENDERED_ENDINGS = (
    ("ov", "ova"), ("ev", "eva"), ("in", "ina"), ("yn", "yna"), ("sky", "skaya"), ("skiy", "skaya"),
    ("skii", "skaya"), ("ski", "ska"), ("cki", "cka"), ("sky", "ska"), ("as", "iene"),
)  # fmt: skip
"""Endings of Slavic and Baltic surnames of men and of women."""
_ROMANISED_RELATIONS: Final = frozenset({TRANSLITERATION, SCRIPT, ARTICLE})
_CONTRADICTION_CATEGORIES: Final = {
    SURNAME: CategoryId.I15_SURNAME_CHANGED,
    GIVEN: CategoryId.I11_GIVEN_DIFFERENT,
}
_SPELLING_DETAILS: Final = {PREFIX: PREFIX, TYPO: TYPO, VOWELS: TYPO}


def detect_unequal_words(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield the pairs of words that are not equal: I04, I06 to I11, I15, I19, I20."""
    is_romanised = _has_vowel_pair(alignment) and _is_romanised(left, right, alignment)
    no_common_script = left.text.scripts.isdisjoint(right.text.scripts)
    agrees = any(pair.similarity.score >= MIN_SCRIPT_AGREEMENT for pair in alignment.pairs)
    contradiction = _find_contradiction_case(left, right, alignment)
    script_case = SCRIPT if agrees else UNRELATED_SCRIPTS
    for pair in alignment.pairs:
        if pair.similarity.relation == EQUAL:
            continue
        spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
        # A romanisation that is not similar proves nothing: across scripts no pair contradicts.
        for category, detail in (
            [(CategoryId.I20_TRANSLITERATION, script_case)]
            if no_common_script
            else _classify_pair(pair, is_romanised)
        ):
            case = _find_category_case(left, right, pair, category) or detail
            yield Finding(category, *spans, contradiction if case == CONTRADICTED else case)


def _find_contradiction_case(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> str:
    """Return what the contradicting words of two names leave: nothing, one name in common, or more.

    Full names share nothing where no word is even similar to one of the other, or its initial.
    """
    is_full = len(left.core) > 1 and len(right.core) > 1
    if is_full and all(pair.contradicts for pair in alignment.pairs):
        return UNRELATED
    return ONE_IN_COMMON if have_one_name_in_common(left, right, alignment.pairs) else CONTRADICTED


def _has_vowel_pair(alignment: PersonAlignment) -> bool:
    return any(pair.similarity.relation == VOWELS for pair in alignment.pairs)


def _is_romanised(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> bool:
    """Say whether the names show another script: an article, bin, a patronymic, a listed variant."""
    if left.patronymic or right.patronymic:
        return True
    particles = set(get_token_keys(left.particles + right.particles))
    if particles & (load_word_lists().articles | load_word_lists().nasab):
        return True
    return any(pair.similarity.relation in _ROMANISED_RELATIONS for pair in alignment.pairs)


def _classify_pair(pair: WordPair, is_romanised: bool) -> list[tuple[CategoryId, str]]:
    """Return the categories of a pair of words that are not equal, each with its case."""
    relation = pair.similarity.relation
    if relation == ICAO:  # a difference of accents
        return []
    if pair.contradicts:
        return _classify_contradiction(pair.role)
    if relation == INITIAL:
        return [(_classify_initial(pair), "")]
    if relation in _ROMANISED_RELATIONS or (relation == VOWELS and is_romanised):
        return [(CategoryId.I20_TRANSLITERATION, relation)]
    if relation == NICKNAME:
        is_surname = pair.role == SURNAME and not pair.is_crossed
        return [(CategoryId.I10_SURNAME_TYPO, NICKNAME) if is_surname else (CategoryId.I08_NICKNAME, "")]
    category = CategoryId.I10_SURNAME_TYPO if pair.role == SURNAME else CategoryId.I09_GIVEN_SPELLING
    return [(category, _get_spelling_detail(pair))]


def _classify_contradiction(role: Role) -> list[tuple[CategoryId, str]]:
    """Return the category of another surname, first or middle name; a patronymic is a middle name as well."""
    if role == PATRONYMIC:
        return [(CategoryId.I19_PATRONYMIC, CONTRADICTED), (CategoryId.I07_MIDDLE_CONFLICT, CONTRADICTED)]
    return [(_CONTRADICTION_CATEGORIES.get(role, CategoryId.I07_MIDDLE_CONFLICT), CONTRADICTED)]


def _classify_initial(pair: WordPair) -> CategoryId:
    if pair.role == GIVEN or pair.is_moved:
        return CategoryId.I04_FIRST_INITIAL
    return CategoryId.I10_SURNAME_TYPO if pair.role == SURNAME else CategoryId.I06_MIDDLE_INITIAL


def _get_spelling_detail(pair: WordPair) -> str:
    """Return the case of a spelling; two names in use (Muller, Miller; Smith, Smyth) may be two people's."""
    similarity = pair.similarity
    other_vowels = similarity.relation == VOWELS and similarity.surprisal_gap < MAX_SURPRISAL_GAP
    if similarity.known_count == BOTH_FREQUENT or (other_vowels and similarity.known_count):
        return DISTINCT_NAMES
    return _SPELLING_DETAILS.get(similarity.relation, "")


def _find_category_case(left: ParsedPerson, right: ParsedPerson, pair: WordPair, category: CategoryId) -> str:
    """Return the case of a category that the whole words show, or an empty string."""
    one, two = left.core[pair.left[0]].key, right.core[pair.right[0]].key
    if category == CategoryId.I10_SURNAME_TYPO and _is_gendered_pair(one, two):
        return GENDER
    if category == CategoryId.I10_SURNAME_TYPO and (
        has_other_ending(one, two) or are_surnames_of_one_sound(one, two)
    ):
        return DISTINCT_NAMES
    doubt = find_name_doubt(category, pair.role, one, two)
    if doubt:
        return doubt
    if category == CategoryId.I15_SURNAME_CHANGED and has_matching_birth_name(left, right):
        return BIRTH_NAME
    if category == CategoryId.I20_TRANSLITERATION and _are_chinese_names(left, right, pair):
        return DISTINCT_NAMES
    is_spelling = category in (CategoryId.I09_GIVEN_SPELLING, CategoryId.I10_SURNAME_TYPO)
    is_short = min(len(one), len(two)) <= SHORT_NAME_LENGTH
    return DISTINCT_NAMES if is_spelling and is_short and pair.similarity.relation in (TYPO, VOWELS) else ""


def _are_chinese_names(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> bool:
    """Say whether two romanisations are also two names: Chan, Chen, Tan; Chen, Zhen as pinyin both.

    They may romanise one character, but they distinguish the people who bear them.
    """
    one, two = (
        "".join([person.core[at].key for at in places])
        for person, places in ((left, pair.left), (right, pair.right))
    )
    is_ambiguous = is_pinyin(one) and is_pinyin(two) and are_wade_giles_spellings(one, two)
    return is_ambiguous or {one, two} <= load_name_lists().family_first


def _is_gendered_pair(one: str, two: str) -> bool:
    """Say whether two surnames are a man's and a woman's of one family: Petrov, Petrova."""
    short, long_ = sorted((one, two), key=len)
    return any(
        short.endswith(male) and long_ == short[: len(short) - len(male)] + female
        for male, female in _GENDERED_ENDINGS
    )


def has_matching_birth_name(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Say whether the birth name of one is the surname of the other: Mary Smith née Jones, Mary Jones."""
    surname_left, surname_right = get_token_keys(left.surname), get_token_keys(right.surname)
    if surname_left == surname_right:
        return False
    born_left, born_right = get_token_keys(left.birth_name), get_token_keys(right.birth_name)
    return not (set(born_left).isdisjoint(surname_right) and set(born_right).isdisjoint(surname_left))


def detect_absent_parts(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield the parts of the name that stand on one side only: I05, I16, I17, I19, I21, I26."""
    middle_as_first = _has_middle_as_first(alignment)
    for person, other, unpaired in (
        (left, right, alignment.unpaired_left),
        (right, left, alignment.unpaired_right),
    ):
        for at, role in unpaired:
            category = _classify_absent_part(person, other, role)
            if middle_as_first and role == GIVEN and category == CategoryId.I05_MIDDLE_ABSENT:
                continue  # I21 below reports this first name
            detail = COMPOUND if role == MIDDLE and is_half_of_compound(person, at) else ABSENT
            finding = Finding(category, person.core[at].span, None, detail)
            yield finding if person is left else mirror_finding(finding)
    if middle_as_first:
        spans = find_tokens_span(left.given or left.core), find_tokens_span(right.given or right.core)
        yield Finding(CategoryId.I21_MIDDLE_AS_FIRST, *spans)


def _has_middle_as_first(alignment: PersonAlignment) -> bool:
    """Say whether the middle name of one side is the first name of the other: Charles Daniel, Daniel."""
    unpaired = alignment.unpaired_left + alignment.unpaired_right
    given_absent = any(role == GIVEN for _, role in unpaired)
    return given_absent and any(pair.is_moved and not pair.contradicts for pair in alignment.pairs)


def _classify_absent_part(person: ParsedPerson, other: ParsedPerson, role: Role) -> CategoryId:
    """Return the category of a word of ``person`` that ``other`` lacks."""
    if role == PATRONYMIC:
        return CategoryId.I19_PATRONYMIC
    if other.mononym and len(person.core) > 1:
        return CategoryId.I26_MONONYM
    if role != SURNAME:
        return CategoryId.I05_MIDDLE_ABSENT
    is_hyphenated = person.double_surname == "hyphen"
    return CategoryId.I16_HYPHENATED_PART_MISSING if is_hyphenated else CategoryId.I17_DOUBLE_SURNAME


def detect_mononyms(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield one finding for two names of a single word each that are not one name (I26)."""
    if left.mononym and right.mononym and alignment.pairs and alignment.pairs[0].contradicts:
        one, two = left.core[0], right.core[0]
        yield Finding(CategoryId.I26_MONONYM, one.span, two.span, compare_words(one.key, two.key).relation)
