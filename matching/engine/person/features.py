"""Features of two personal names: the numbers that the model reads, each filled by its name.

:data:`_FEATURE_TABLE` gives name, direction and meaning of each. Direction ``+1``: more makes a material
difference likelier, ``-1``: less likely, ``0``: no promise. Similarities are in [0, 1], counts from 0,
flags 0 or 1.
"""

from __future__ import annotations

from typing import Final

from rapidfuzz.distance import Indel

from matching.engine.person.align import PersonAlignment, WordPair
from matching.engine.person.lexicon import load_name_lists, load_word_lists
from matching.engine.person.similarity import (
    ARTICLE,
    EQUAL,
    ICAO,
    IDENTICAL_WORDS,
    INITIAL,
    NICKNAME,
    PREFIX,
    SCRIPT,
    SPELLING,
    TRANSLITERATION,
    TYPO,
    UNRELATED,
    VOWELS,
    NameRelation,
)
from matching.engine.person.types import (
    GIVEN,
    MIDDLE,
    PATRONYMIC,
    SURNAME,
    ParsedPerson,
    Role,
    get_token_keys,
)
from matching.engine.text.tokenise import Tokens

_FEATURE_TABLE: Final[tuple[tuple[str, int, str], ...]] = (
    (
        "person_surname",
        -1,
        "least likeness among surname words that stand against each other; 0.5 when none do",
    ),
    ("person_given", -1, "likeness of the first given names; 0.5 when one side has none"),
    ("person_middle", -1, "least likeness among middle names present on both sides; 1 when none are"),
    ("person_patronymic", -1, "least likeness among patronymics present on both sides; 1 when none are"),
    ("person_contradictions", 1, "count of words on both sides that fill one role and are not one name"),
    ("person_surname_contradicts", 1, "flag: two different surnames"),
    ("person_given_contradicts", 1, "flag: two different first names"),
    ("person_middle_contradicts", 1, "flag: two different middle names, initials or patronymics"),
    ("person_middle_absent", 0, "count of middle names on one side only"),
    ("person_patronymic_absent", 0, "count of patronymics on one side only"),
    ("person_surname_absent", 1, "count of surname words on one side only"),
    ("person_given_absent", 1, "count of first given names on one side only"),
    ("person_one_word", 1, "flag: one side is a single word and the other is not"),
    ("person_lone_both", 1, "count of words without partner on the side that has fewer of them"),
    ("person_lone", 0, "count of words without partner on both sides"),
    ("person_cover_short", -1, "paired likeness over the number of words of the shorter name"),
    ("person_cover_long", -1, "paired likeness over the number of words of the longer name"),
    ("person_equal_words", -1, "count of equal words"),
    ("person_equal_rare", -1, "count of equal words of three letters or more that are no frequent names"),
    ("person_equal_letters", -1, "letters in the equal words, at most 30"),
    ("person_initials", 0, "count of initials against words that begin with them"),
    ("person_given_initial", 0, "flag: the first name is an initial on one side"),
    ("person_nicknames", 0, "count of words that are a short or pet form of their partner"),
    ("person_spellings", 0, "count of words that are another spelling of their partner"),
    ("person_transliterations", 0, "count of words that romanise one name differently"),
    ("person_slips", 0, "count of words a few letters from their partner"),
    ("person_prefixes", 0, "count of words that begin with their partner"),
    ("person_crossed", 0, "count of surnames paired with given names"),
    ("person_moved", 0, "count of first names paired with middle names"),
    ("person_reordered", 0, "flag: the paired words stand in another order"),
    ("person_weakest", -1, "likeness of the least alike pair; 1 when all are equal"),
    ("person_weakest_edits", 1, "edits (optimal string alignment) in that pair"),
    ("person_weakest_share", 1, "operations over the length of the longer word of that pair"),
    ("person_weakest_winkler", -1, "Jaro-Winkler similarity of that pair"),
    ("person_weakest_slips", -1, "share of its edits that a finger or a scanner makes"),
    ("person_weakest_oddness", -1, "how much less like a name one word of that pair is than the other"),
    ("person_weakest_known", 1, "how many of its two words are frequent names"),
    ("person_weakest_first", -1, "flag: its first letters are equal"),
    ("person_weakest_vowels", 0, "flag: it differs in vowels alone"),
    ("person_weakest_sound", -1, "flag: both words sound alike in English"),
    ("person_weakest_skeleton", -1, "flag: both words have the same consonants"),
    ("person_weakest_length", 0, "letters of the shorter word of that pair; 0 when all are equal"),
    ("person_weakest_surname", 0, "flag: that pair is a surname"),
    ("person_second", -1, "likeness of the second least alike pair; 1 when there is none"),
    ("person_whole", -1, "similarity of the two names with their words sorted and joined"),
    ("person_written", -1, "similarity of the two names with their words joined as written"),
    ("person_suffix_conflict", 1, "flag: two different generational suffixes"),
    ("person_suffix_absent", 0, "flag: a generational suffix on one side only"),
    ("person_titles_differ", 0, "flag: titles or post-nominals differ"),
    ("person_sex_conflict", 1, "flag: titles of different sex (Mr, Mrs)"),
    ("person_particles_differ", 0, "count of particles on one side only, articles apart"),
    ("person_style_differs", 1, "flag: different styles of nobility"),
    ("person_capacity", 1, "flag: a capacity (trustee, executor) that differs"),
    ("person_joint", 1, "flag: a second person on one side only, or another one"),
    ("person_alias", 0, "flag: an alias, birth name or nickname on one side only"),
    ("person_trade", 1, "flag: words of a trade name on one side only"),
    ("person_scripts", 0, "flag: the names share no script"),
    ("person_words_short", 0, "words in the shorter name"),
    ("person_words_long", 0, "words in the longer name"),
    (
        "person_strain",
        1,
        "sum of the differences weighed by kind: about 2.5 for a contradiction, 0.3 for a nickname",
    ),
    (
        "person_long_custom",
        0,
        "flag: a custom of long names is seen (article, bin, Hispanic surnames), where parts often drop",
    ),
)
PERSON_FEATURES: Final[tuple[str, ...]] = tuple([name for name, _, _ in _FEATURE_TABLE])
"""Names of the features, in the order of the row; the same for every pair of names."""
PERSON_MONOTONE: Final[dict[str, int]] = {name: direction for name, direction, _ in _FEATURE_TABLE}
"""Direction of each feature: ``+1`` more is more material, ``-1`` less material, ``0`` unconstrained."""
PERSON_FEATURE_MEANINGS: Final[dict[str, str]] = {name: meaning for name, _, meaning in _FEATURE_TABLE}
"""Meaning of each feature."""

_NO_DIFFERENCE: Final[dict[str, float]] = dict.fromkeys(PERSON_FEATURES, 0) | {
    "person_surname": 0.5,
    "person_given": 0.5,
    "person_middle": 1.0,
    "person_patronymic": 1.0,
    "person_weakest": 1.0,
    "person_weakest_share": 0.0,
    "person_weakest_winkler": 1.0,
    "person_weakest_slips": 1.0,
    "person_weakest_oddness": 0.0,
    "person_weakest_first": 1,
    "person_weakest_sound": 1,
    "person_weakest_skeleton": 1,
    "person_second": 1.0,
}
"""Row of two names in which nothing is compared and nothing differs, in the order of the features."""

# The penalties that make up ``person_strain``. No source is recorded for any of them: they are set by hand,
# not fitted. A change of any of them calls for a new training.
_RELATION_PENALTIES: Final[dict[NameRelation, float]] = {
    EQUAL: 0.0,
    ICAO: 0.05,
    ARTICLE: 0.15,
    INITIAL: 0.2,
    TRANSLITERATION: 0.25,
    SCRIPT: 0.3,
    SPELLING: 0.3,
    NICKNAME: 0.3,
    VOWELS: 0.5,
    PREFIX: 0.7,
    TYPO: 0.2,
    UNRELATED: 0.2,
}
"""Penalty of a pair of words by the reason why they may render one name."""
_FLAG_PENALTIES: Final = {
    "person_suffix_conflict": 2.0,
    "person_suffix_absent": 0.3,
    "person_titles_differ": 0.1,
    "person_sex_conflict": 2.0,
    "person_particles_differ": 0.1,
    "person_style_differs": 2.0,
    "person_capacity": 2.0,
    "person_joint": 2.0,
    "person_alias": 0.3,
    "person_trade": 1.5,
}
"""Penalty of each difference beside the name proper, by its feature."""
_CONTRADICTION_PENALTY, _CONTRADICTION_DISSIMILARITY_PENALTY = 1.5, 2.0
_CROSSED_PENALTY, _DISSIMILARITY_PENALTY = 0.3, 2.0
_UNPAIRED_PENALTY, _UNPAIRED_MIDDLE_PENALTY = 0.6, 0.2

_TRANSLITERATION_RELATIONS: Final = frozenset({TRANSLITERATION, ICAO, SCRIPT, ARTICLE, VOWELS})
_MAX_EQUAL_LETTERS: Final = 30


def build_person_features(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> dict[str, float]:
    """Return the features of two names, in the order of :data:`PERSON_FEATURES`; symmetric in the sides."""
    row = _NO_DIFFERENCE.copy()
    unequal = [pair for pair in alignment.pairs if pair.similarity is not IDENTICAL_WORDS]
    row.update(_compute_role_features(alignment, unequal))
    row.update(_compute_coverage_features(left, right, alignment))
    row.update(_count_relations(alignment, unequal))
    row.update(_compare_whole_names(left, right))
    if unequal:
        row.update(_compute_weakest_features(left, right, unequal))
    if alignment.unpaired_left or alignment.unpaired_right:
        row.update(_compute_unpaired_features(left, right, alignment))
    if not (left.is_name_only and right.is_name_only):
        row.update(_compute_context_features(left, right))
    row["person_strain"] = _sum_penalties(row, alignment, unequal)
    return row


def _sum_penalties(row: dict[str, float], alignment: PersonAlignment, unequal: list[WordPair]) -> float:
    """Return one number for all differences together, also for those a model rarely sees together."""
    total = sum([penalty * row[name] for name, penalty in _FLAG_PENALTIES.items()], 0.0)
    for pair in unequal:
        total += _compute_pair_penalty(pair)
    for _, role in alignment.unpaired_left + alignment.unpaired_right:
        total += _UNPAIRED_MIDDLE_PENALTY if role in (MIDDLE, PATRONYMIC) else _UNPAIRED_PENALTY
    return total + float(_count_unpaired_on_both_sides(alignment))


def _compute_pair_penalty(pair: WordPair) -> float:
    similarity = pair.similarity
    if pair.contradicts:
        return _CONTRADICTION_PENALTY + _CONTRADICTION_DISSIMILARITY_PENALTY * (1.0 - similarity.score)
    dissimilarity = 1.0 - similarity.score if similarity.relation in (TYPO, UNRELATED) else 0.0
    return (
        _RELATION_PENALTIES[similarity.relation]
        + _CROSSED_PENALTY * pair.is_crossed
        + _DISSIMILARITY_PENALTY * dissimilarity
    )


def _count_unpaired_on_both_sides(alignment: PersonAlignment) -> int:
    return min(len(alignment.unpaired_left), len(alignment.unpaired_right))


def _compute_role_features(alignment: PersonAlignment, unequal: list[WordPair]) -> dict[str, float]:
    """Return the least similarity and the contradictions by role."""
    roles = [pair.role for pair in alignment.pairs]
    least: dict[Role, float] = {
        SURNAME: 1.0 if SURNAME in roles else 0.5,
        GIVEN: 1.0 if GIVEN in roles else 0.5,
        MIDDLE: 1.0,
        PATRONYMIC: 1.0,
    }
    contradictions: dict[Role, int] = {SURNAME: 0, GIVEN: 0, MIDDLE: 0, PATRONYMIC: 0}
    for pair in unequal:
        least[pair.role] = min(least[pair.role], pair.similarity.score)
        contradictions[pair.role] += pair.contradicts
    middle = contradictions[MIDDLE] + contradictions[PATRONYMIC]
    return {
        "person_surname": least[SURNAME],
        "person_given": least[GIVEN],
        "person_middle": least[MIDDLE],
        "person_patronymic": least[PATRONYMIC],
        "person_contradictions": contradictions[SURNAME] + contradictions[GIVEN] + middle,
        "person_surname_contradicts": contradictions[SURNAME] > 0,
        "person_given_contradicts": contradictions[GIVEN] > 0,
        "person_middle_contradicts": middle > 0,
    }


def _compute_unpaired_features(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> dict[str, float]:
    roles = [role for _, role in alignment.unpaired_left + alignment.unpaired_right]
    return {
        "person_middle_absent": roles.count(MIDDLE),
        "person_patronymic_absent": roles.count(PATRONYMIC),
        "person_surname_absent": roles.count(SURNAME),
        "person_given_absent": roles.count(GIVEN),
        "person_one_word": left.mononym != right.mononym,
        "person_lone_both": _count_unpaired_on_both_sides(alignment),
        "person_lone": len(roles),
    }


def _compute_coverage_features(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> dict[str, float]:
    lexicon, total_left, total_right = load_name_lists(), 0.0, 0.0
    equal = letters = rare = 0
    for pair in alignment.pairs:
        total_left += pair.similarity.score * len(pair.left)
        total_right += pair.similarity.score * len(pair.right)
        if pair.similarity is IDENTICAL_WORDS:
            key = left.core[pair.left[0]].key
            equal, letters = equal + 1, letters + len(key)
            rare += len(key) > 2 and key not in lexicon.given and key not in lexicon.surnames
    cover_left, cover_right = total_left / len(left.core), total_right / len(right.core)
    return {
        "person_cover_short": max(cover_left, cover_right),
        "person_cover_long": min(cover_left, cover_right),
        "person_equal_words": equal,
        "person_equal_rare": rare,
        "person_equal_letters": min(letters, _MAX_EQUAL_LETTERS),
    }


def _count_relations(alignment: PersonAlignment, unequal: list[WordPair]) -> dict[str, float]:
    relations = [pair.similarity.relation for pair in unequal if not pair.contradicts]
    return {
        "person_initials": relations.count(INITIAL),
        "person_given_initial": any(
            pair.role == GIVEN and pair.similarity.relation == INITIAL for pair in unequal
        ),
        "person_nicknames": relations.count(NICKNAME),
        "person_spellings": relations.count(SPELLING),
        "person_transliterations": sum([relation in _TRANSLITERATION_RELATIONS for relation in relations]),
        "person_slips": relations.count(TYPO),
        "person_prefixes": relations.count(PREFIX),
        "person_crossed": sum([pair.is_crossed for pair in alignment.pairs]),
        "person_moved": sum([pair.is_moved for pair in alignment.pairs]),
        "person_reordered": not alignment.in_order,
    }


def _compute_weakest_features(
    left: ParsedPerson, right: ParsedPerson, unequal: list[WordPair]
) -> dict[str, float]:
    """Return the measures of the least similar pair of words."""
    ordered = sorted(unequal, key=_get_weakness_key) if len(unequal) > 1 else unequal
    pair = ordered[0]
    similarity = pair.similarity
    length_left = sum([len(left.core[at].key) for at in pair.left])
    length_right = sum([len(right.core[at].key) for at in pair.right])
    return {
        "person_weakest": similarity.score,
        "person_weakest_edits": similarity.edits,
        "person_weakest_share": similarity.edits / max(length_left, length_right, 1),
        "person_weakest_winkler": similarity.jaro_winkler,
        "person_weakest_slips": similarity.typo_share,
        "person_weakest_oddness": similarity.surprisal_gap,
        "person_weakest_known": similarity.known_count,
        "person_weakest_first": similarity.same_first_letter,
        "person_weakest_vowels": similarity.only_vowels_differ,
        "person_weakest_sound": similarity.same_sound,
        "person_weakest_skeleton": similarity.same_skeleton,
        "person_weakest_length": min(length_left, length_right),
        "person_weakest_surname": pair.role == SURNAME,
        "person_second": ordered[1].similarity.score if len(ordered) > 1 else 1.0,
    }


def _get_weakness_key(pair: WordPair) -> tuple[float, float, Role]:
    """Return the sort key that puts the least similar pair first."""
    return (pair.similarity.score, -pair.similarity.edits, pair.role)


def _compare_whole_names(left: ParsedPerson, right: ParsedPerson) -> dict[str, float]:
    keys_left, keys_right = [token.key for token in left.core], [token.key for token in right.core]
    words_short, words_long = sorted((len(keys_left), len(keys_right)))
    return {
        "person_whole": Indel.normalized_similarity("".join(sorted(keys_left)), "".join(sorted(keys_right))),
        "person_written": Indel.normalized_similarity("".join(keys_left), "".join(keys_right)),
        "person_scripts": not left.text.scripts & right.text.scripts,
        "person_words_short": words_short,
        "person_words_long": words_long,
        "person_long_custom": 1.0 if _has_long_name_custom(left) or _has_long_name_custom(right) else 0.0,
    }


def _compute_context_features(left: ParsedPerson, right: ParsedPerson) -> dict[str, float]:
    """Return the differences beside the name proper: suffix, titles, particles, capacity, alias."""
    return {
        "person_suffix_conflict": bool(left.suffix and right.suffix and left.suffix != right.suffix),
        "person_suffix_absent": bool(left.suffix) != bool(right.suffix),
        "person_titles_differ": _is_different(left.titles, right.titles)
        or _is_different(left.postnominals, right.postnominals),
        "person_sex_conflict": _infer_sex(left) * _infer_sex(right) < 0,
        "person_particles_differ": len(_list_particles(left) ^ _list_particles(right)),
        "person_style_differs": bool(left.style and right.style) and _is_different(left.style, right.style),
        "person_capacity": _is_different(left.capacity, right.capacity),
        "person_joint": _is_different(left.joint, right.joint),
        "person_alias": bool(left.alias) != bool(right.alias)
        or bool(left.birth_name) != bool(right.birth_name)
        or bool(left.nicknames) != bool(right.nicknames),
        "person_trade": bool(left.trade) != bool(right.trade),
    }


def _is_different(left: Tokens, right: Tokens) -> bool:
    return get_token_keys(left) != get_token_keys(right)


def _infer_sex(person: ParsedPerson) -> int:
    """Return the sex that the titles tell: 1 male, -1 female, 0 none."""
    titles, lists = {token.key for token in person.titles}, load_word_lists()
    return 1 if titles & lists.male else -1 if titles & lists.female else 0


def _list_particles(person: ParsedPerson) -> frozenset[str]:
    return frozenset([token.key for token in person.particles]) - load_word_lists().articles


def _has_long_name_custom(person: ParsedPerson) -> bool:
    """Say whether a name shows a custom of long names: Hispanic double surname, article, bin."""
    if person.double_surname and person.surname[0].key in load_name_lists().spanish:
        return True
    if not person.particles:
        return False
    particles, lists = {token.key for token in person.particles}, load_word_lists()
    return not (lists.nasab.isdisjoint(particles) and lists.articles.isdisjoint(particles))
