"""What the model is told about two personal names: a fixed row of named numbers.

Each entry of :data:`_TABLE` is name, direction and meaning. Direction ``+1``: more makes a material
difference likelier, ``-1`` less likely, ``0`` no promise. Likenesses are in [0, 1], counts in [0, n], flags
0 or 1.
"""

from __future__ import annotations

from operator import mul

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
)
from matching.engine.person.types import ParsedPerson

_FEATURE_TABLE: tuple[tuple[str, int, str], ...] = (
    ("surname", -1, "least likeness among surname words that stand against each other; 0.5 when none do"),
    ("given", -1, "likeness of the first given names; 0.5 when one side has none"),
    ("middle", -1, "least likeness among middle names present on both sides; 1 when none are"),
    ("patronymic", -1, "least likeness among patronymics present on both sides; 1 when none are"),
    ("contradictions", 1, "count of words on both sides that fill one role and are not one name"),
    ("surname_contradicts", 1, "flag: two different surnames"),
    ("given_contradicts", 1, "flag: two different first names"),
    ("middle_contradicts", 1, "flag: two different middle names, initials or patronymics"),
    ("middle_absent", 0, "count of middle names on one side only"),
    ("patronymic_absent", 0, "count of patronymics on one side only"),
    ("surname_absent", 1, "count of surname words on one side only"),
    ("given_absent", 1, "count of first given names on one side only"),
    ("one_word", 1, "flag: one side is a single word and the other is not"),
    ("lone_both", 1, "count of words without partner on the side that has fewer of them"),
    ("lone", 0, "count of words without partner on both sides"),
    ("cover_short", -1, "paired likeness over the number of words of the shorter name"),
    ("cover_long", -1, "paired likeness over the number of words of the longer name"),
    ("equal_words", -1, "count of equal words"),
    ("equal_rare", -1, "count of equal words of three letters or more that are no frequent names"),
    ("equal_letters", -1, "letters in the equal words, at most 30"),
    ("initials", 0, "count of initials against words that begin with them"),
    ("given_initial", 0, "flag: the first name is an initial on one side"),
    ("nicknames", 0, "count of words that are a short or pet form of their partner"),
    ("spellings", 0, "count of words that are another spelling of their partner"),
    ("transliterations", 0, "count of words that romanise one name differently"),
    ("slips", 0, "count of words a few letters from their partner"),
    ("prefixes", 0, "count of words that begin with their partner"),
    ("crossed", 0, "count of surnames paired with given names"),
    ("moved", 0, "count of first names paired with middle names"),
    ("reordered", 0, "flag: the paired words stand in another order"),
    ("weakest", -1, "likeness of the least alike pair; 1 when all are equal"),
    ("weakest_edits", 1, "Damerau-Levenshtein operations in that pair"),
    ("weakest_share", 1, "operations over the length of the longer word of that pair"),
    ("weakest_winkler", -1, "Jaro-Winkler similarity of that pair"),
    ("weakest_slips", -1, "share of its edits that a finger or a scanner makes"),
    ("weakest_oddness", -1, "how much less like a name one word of that pair is than the other"),
    ("weakest_known", 1, "how many of its two words are frequent names"),
    ("weakest_first", -1, "flag: its first letters are equal"),
    ("weakest_vowels", 0, "flag: it differs in vowels alone"),
    ("weakest_sound", -1, "flag: both words sound alike in English"),
    ("weakest_skeleton", -1, "flag: both words have the same consonants"),
    ("weakest_length", 0, "letters of the shorter word of that pair; 0 when all are equal"),
    ("weakest_surname", 0, "flag: that pair is a surname"),
    ("second", -1, "likeness of the second least alike pair; 1 when there is none"),
    ("whole", -1, "similarity of the two names with their words sorted and joined"),
    ("written", -1, "similarity of the two names with their words joined as written"),
    ("suffix_conflict", 1, "flag: two different generational suffixes"),
    ("suffix_absent", 0, "flag: a generational suffix on one side only"),
    ("titles_differ", 0, "flag: titles or post-nominals differ"),
    ("sex_conflict", 1, "flag: titles of different sex (Mr, Mrs)"),
    ("particles_differ", 0, "count of particles on one side only, articles apart"),
    ("style_differs", 1, "flag: different styles of nobility"),
    ("capacity", 1, "flag: a capacity (trustee, executor) that differs"),
    ("joint", 1, "flag: a second person on one side only, or another one"),
    ("alias", 0, "flag: an alias, birth name or nickname on one side only"),
    ("trade", 1, "flag: words of a trade name on one side only"),
    ("scripts", 0, "flag: the names share no script"),
    ("words_short", 0, "words in the shorter name"),
    ("words_long", 0, "words in the longer name"),
    (
        "strain",
        1,
        "sum of the differences weighed by kind: about 2.5 for a contradiction, 0.3 for a nickname",
    ),
    (
        "long_custom",
        0,
        "flag: a custom of long names is seen (article, bin, Hispanic surnames), where parts often drop",
    ),
)
PERSON_FEATURES: tuple[str, ...] = tuple([f"person_{name}" for name, _, _ in _FEATURE_TABLE])
"""Names of the features, in their order; the key set never depends on the names compared."""
PERSON_MONOTONE: dict[str, int] = {f"person_{name}": direction for name, direction, _ in _FEATURE_TABLE}
"""Direction of each feature: ``+1`` more is more material, ``-1`` less material, ``0`` unconstrained."""
PERSON_FEATURE_MEANINGS: dict[str, str] = {f"person_{name}": meaning for name, _, meaning in _FEATURE_TABLE}
"""What each feature measures, for people."""

_WEAKEST_WHEN_EQUAL = (1.0, 0, 0.0, 1.0, 1.0, 0.0, 0, 1, 0, 1, 1, 0, 0, 1.0)
_RELATION_PENALTIES = {
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
_FLAG_PENALTIES = (2.0, 0.3, 0.1, 2.0, 0.1, 2.0, 2.0, 2.0, 0.3, 1.5)
"""Weights of the flags from ``suffix_conflict`` to ``trade``, in their order."""
_TRANSLITERATION_RELATIONS = (TRANSLITERATION, ICAO, SCRIPT, ARTICLE, VOWELS)


def build_person_features(
    left: ParsedPerson, right: ParsedPerson, found: PersonAlignment
) -> dict[str, float]:
    """The row for two names, symmetric in its sides."""
    unequal = [pair for pair in found.pairs if pair.similarity is not IDENTICAL_WORDS]
    custom, *around = _compute_context_features(left, right)
    values = (
        *_compute_role_features(found, unequal),
        *_compute_unpaired_features(left, right, found),
        *_compute_coverage_features(left, right, found),
        *_count_relations(found, unequal),
        *_compute_weakest_features(left, right, unequal),
        *_compare_whole_names(left, right),
        *around,
        _sum_penalties(found, unequal, around),
        custom,
    )
    return dict(zip(PERSON_FEATURES, values, strict=True))


def _sum_penalties(found: PersonAlignment, unequal: list[WordPair], around: list[float]) -> float:
    """One number for how far the names are apart, also for differences a model rarely sees together."""
    total = float(sum(map(mul, around, _FLAG_PENALTIES)))
    for pair in unequal:
        if pair.contradicts:
            total += 1.5 + 2.0 * (1.0 - pair.similarity.score)
        else:
            total += (
                _RELATION_PENALTIES[pair.similarity.relation]
                + 0.3 * pair.is_crossed
                + 2.0 * _compute_dissimilarity(pair)
            )
    for _, role in found.unpaired_left + found.unpaired_right:
        total += 0.2 if role in "mp" else 0.6
    return total + float(min(len(found.unpaired_left), len(found.unpaired_right)))


def _compute_dissimilarity(pair: WordPair) -> float:
    return 1.0 - pair.similarity.score if pair.similarity.relation in (TYPO, UNRELATED) else 0.0


def _compute_role_features(found: PersonAlignment, unequal: list[WordPair]) -> tuple[float, ...]:
    present = [pair.role for pair in found.pairs]
    least = {"s": 1.0 if "s" in present else 0.5, "g": 1.0 if "g" in present else 0.5, "m": 1.0, "p": 1.0}
    against = {"s": 0, "g": 0, "m": 0, "p": 0}
    for pair in unequal:
        least[pair.role] = min(least[pair.role], pair.similarity.score)
        against[pair.role] += pair.contradicts
    surname, given, middle = against["s"], against["g"], against["m"] + against["p"]
    contradictions = surname + given + middle
    return (*least.values(), contradictions, surname > 0, given > 0, middle > 0)


def _compute_unpaired_features(
    left: ParsedPerson, right: ParsedPerson, found: PersonAlignment
) -> tuple[float, ...]:
    if not (found.unpaired_left or found.unpaired_right):
        return (0, 0, 0, 0, 0, 0, 0)
    lone = [role for _, role in found.unpaired_left + found.unpaired_right]
    fewer = min(len(found.unpaired_left), len(found.unpaired_right))
    one_word = left.mononym != right.mononym
    return (lone.count("m"), lone.count("p"), lone.count("s"), lone.count("g"), one_word, fewer, len(lone))


def _compute_coverage_features(
    left: ParsedPerson, right: ParsedPerson, found: PersonAlignment
) -> tuple[float, ...]:
    lexicon, total_left, total_right = load_name_lists(), 0.0, 0.0
    equal = letters = rare = 0
    for pair in found.pairs:
        total_left += pair.similarity.score * len(pair.left)
        total_right += pair.similarity.score * len(pair.right)
        if pair.similarity is IDENTICAL_WORDS:
            key = left.core[pair.left[0]].key
            equal, letters = equal + 1, letters + len(key)
            rare += len(key) > 2 and key not in lexicon.given and key not in lexicon.surnames
    one, two = total_left / len(left.core), total_right / len(right.core)
    return (max(one, two), min(one, two), equal, rare, min(letters, 30))


def _count_relations(found: PersonAlignment, unequal: list[WordPair]) -> tuple[float, ...]:
    seen = [pair.similarity.relation for pair in unequal if not pair.contradicts]
    return (
        seen.count(INITIAL),
        any(pair.role == "g" and pair.similarity.relation == INITIAL for pair in unequal),
        seen.count(NICKNAME),
        seen.count(SPELLING),
        sum([relation in _TRANSLITERATION_RELATIONS for relation in seen]),
        seen.count(TYPO),
        seen.count(PREFIX),
        sum([pair.is_crossed for pair in found.pairs]),
        sum([pair.is_moved for pair in found.pairs]),
        not found.in_order,
    )


def _compute_weakest_features(
    left: ParsedPerson, right: ParsedPerson, unequal: list[WordPair]
) -> tuple[float, ...]:
    if not unequal:
        return _WEAKEST_WHEN_EQUAL
    ordered = sorted(unequal, key=_get_pair_sort_key) if len(unequal) > 1 else unequal
    pair = ordered[0]
    seen = pair.similarity
    one = sum([len(left.core[at].key) for at in pair.left])
    two = sum([len(right.core[at].key) for at in pair.right])
    return (
        seen.score,
        seen.edits,
        seen.edits / max(one, two, 1),
        *seen[3:],
        min(one, two),
        pair.role == "s",
        ordered[1].similarity.score if len(ordered) > 1 else 1.0,
    )


def _get_pair_sort_key(pair: WordPair) -> tuple[float, float, str]:
    return (pair.similarity.score, -pair.similarity.edits, pair.role)


def _compare_whole_names(left: ParsedPerson, right: ParsedPerson) -> tuple[float, float]:
    ours, theirs = [token.key for token in left.core], [token.key for token in right.core]
    written = Indel.normalized_similarity("".join(ours), "".join(theirs))
    return (Indel.normalized_similarity("".join(sorted(ours)), "".join(sorted(theirs))), written)


def _compute_context_features(left: ParsedPerson, right: ParsedPerson) -> tuple[float, ...]:
    sizes = sorted((len(left.core), len(right.core)))
    custom = 1.0 if _has_long_name_custom(left) or _has_long_name_custom(right) else 0.0
    if left.is_name_only and right.is_name_only:
        scripts = not left.text.scripts & right.text.scripts
        return (custom, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, scripts, sizes[0], sizes[1])
    return (
        custom,
        bool(left.suffix and right.suffix and left.suffix != right.suffix),
        bool(left.suffix) != bool(right.suffix),
        get_token_keys(left.titles) != get_token_keys(right.titles)
        or get_token_keys(left.postnominals) != get_token_keys(right.postnominals),
        _infer_sex(left) * _infer_sex(right) < 0,
        len(_list_particles(left) ^ _list_particles(right)),
        bool(left.style and right.style) and get_token_keys(left.style) != get_token_keys(right.style),
        get_token_keys(left.capacity) != get_token_keys(right.capacity),
        get_token_keys(left.joint) != get_token_keys(right.joint),
        any(bool(one) != bool(two) for one, two in _pair_aliases(left, right)),
        bool(left.trade) != bool(right.trade),
        not left.text.scripts & right.text.scripts,
        sizes[0],
        sizes[1],
    )


def get_token_keys(tokens: tuple[object, ...]) -> tuple[str, ...]:
    """Comparison keys of tokens."""
    return tuple([token.key for token in tokens])  # type: ignore[attr-defined]


def _infer_sex(person: ParsedPerson) -> int:
    found = {token.key for token in person.titles}
    return 1 if found & load_word_lists().male else -1 if found & load_word_lists().female else 0


def _list_particles(person: ParsedPerson) -> frozenset[str]:
    return frozenset([token.key for token in person.particles]) - load_word_lists().articles


def _pair_aliases(left: ParsedPerson, right: ParsedPerson) -> tuple[tuple[object, object], ...]:
    return (left.alias, right.alias), (left.birth_name, right.birth_name), (left.nicknames, right.nicknames)


def _has_long_name_custom(person: ParsedPerson) -> bool:
    if person.double_surname and person.surname[0].key in load_name_lists().spanish:
        return True
    if not person.particles:
        return False
    around, known = {token.key for token in person.particles}, load_word_lists()
    return not (known.nasab.isdisjoint(around) and known.articles.isdisjoint(around))
