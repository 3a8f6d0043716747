"""Naming the differences between two personal names: categories I01 to I27 with their places.

Each detector looks at the parses and the alignment and yields findings; what a finding does under a profile
is decided elsewhere. ``detail`` tells the cases of one category apart (``"contradicted"``, ``"absent"``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest

from matching.engine.categories import CategoryId
from matching.engine.person.align import PersonAlignment, WordPair, get_core_span, is_joined_surname
from matching.engine.person.lexicon import is_nickname, load_name_lists, load_word_lists
from matching.engine.person.similarity import (
    ARTICLE,
    EQUAL,
    ICAO,
    IDENTICAL_WORDS,
    INITIAL,
    NICKNAME,
    PREFIX,
    SCRIPT,
    TRANSLITERATION,
    TYPO,
    VOWELS,
    compare_words,
)
from matching.engine.person.types import ParsedPerson
from matching.engine.text.tokenise import Tokens, strip_marks
from matching.engine.types import Finding, Span

CONTRADICTED, ABSENT, DISTINCT_NAMES, GENDER, BIRTH_NAME = "contradicted", "absent", "names", "gender", "born"
BOTH_KNOWN_COUNT = 2
SHORT_NAME_LENGTH = 4
"""Letters up to which one other letter usually makes another name (Rao, Rai; Oda, Ota), known or not."""
MAX_SURPRISAL_GAP = 1.0
"""How much less name-like (:func:`oddness`) a spelling may be before it looks like a slip of the pen."""
_GENDERED_ENDINGS = (
    ("ov", "ova"), ("ev", "eva"), ("in", "ina"), ("yn", "yna"), ("sky", "skaya"), ("skiy", "skaya"),
    ("skii", "skaya"), ("ski", "ska"), ("cki", "cka"), ("sky", "ska"), ("as", "iene"),
)  # fmt: skip
"""Endings of Slavic and Baltic surnames of men and of women."""
Detector = Callable[[ParsedPerson, ParsedPerson, PersonAlignment], Iterator[Finding]]


def detect_person_findings(
    left: ParsedPerson, right: ParsedPerson, found: PersonAlignment
) -> tuple[Finding, ...]:
    """Every named difference, in the order of the left name, then what stands on the right alone."""
    if left.text.raw == right.text.raw:
        return ()
    if _is_joint_order_swapped(left, right):
        return (
            Finding(
                CategoryId.I03_FIELD_ORDER,
                find_tokens_span(left.text.tokens),
                find_tokens_span(right.text.tokens),
            ),
        )
    detectors = _CORE_DETECTORS if left.is_name_only and right.is_name_only else _ALL_DETECTORS
    out = [finding for detect in detectors for finding in detect(left, right, found)]
    return tuple(sorted(out, key=_get_position)) if len(out) > 1 else tuple(out)


def _is_joint_order_swapped(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Whether both name the same two people, the other one first: John and Mary, Mary and John Smith."""
    if not (left.joint and right.joint) or left.text.keys == right.text.keys:
        return False
    one, two = (
        [_list_keys(left.core), _list_keys(left.joint)],
        [_list_keys(right.core), _list_keys(right.joint)],
    )
    if one == two[::-1]:
        return True
    given = [[_list_keys(who.given + who.middle), _list_keys(who.joint)] for who in (left, right)]
    return given[0] == given[1][::-1] and _list_keys(left.surname) == _list_keys(right.surname)


def _list_keys(tokens: Tokens) -> list[str]:
    return [token.key for token in tokens]


def _get_position(finding: Finding) -> tuple[int, int, str]:
    one = finding.span1[0] if finding.span1 else 10_000
    two = finding.span2[0] if finding.span2 else 10_000
    return (one, two, finding.category)


def find_tokens_span(tokens: Tokens) -> Span | None:
    """Offsets from the first to the last of some tokens, ``None`` when there are none."""
    return (min(t.start for t in tokens), max(t.end for t in tokens)) if tokens else None


def detect_formatting(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """Case, punctuation or spacing differ; the letters are the same (I01)."""
    for pair in found.pairs:
        if (
            pair.similarity is not IDENTICAL_WORDS
            or left.core[pair.left[0]].text == right.core[pair.right[0]].text
        ):
            continue
        one, two = _get_pair_texts(left, right, pair)
        if len(pair.left) != len(pair.right) or strip_marks(one) != strip_marks(two):
            spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
            yield Finding(
                CategoryId.I01_FORM_OF_WRITING, *spans, "spacing" if len(pair.left) != len(pair.right) else ""
            )
            return
    if (
        found.in_order
        and all(pair.similarity.relation == EQUAL for pair in found.pairs)
        and _has_different_separators(left, right)
    ):
        yield Finding(
            CategoryId.I01_FORM_OF_WRITING, (0, len(left.text.raw)), (0, len(right.text.raw)), "punctuation"
        )


def _has_different_separators(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Whether two names with the same words in the same order differ in what stands between the words."""
    same = left.text.keys == right.text.keys and left.text.raw != right.text.raw
    return same and all(
        one.text == two.text for one, two in zip(left.text.tokens, right.text.tokens, strict=True)
    )


def _get_pair_texts(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> tuple[str, str]:
    (start1, end1), (start2, end2) = get_core_span(left, pair.left), get_core_span(right, pair.right)
    return left.text.raw[start1:end1], right.text.raw[start2:end2]


def detect_accents(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """Accents, ligatures or their ICAO 9303 digraphs differ (I02)."""
    if (
        left.text.raw.isascii()
        and right.text.raw.isascii()
        and all(p.similarity.relation != ICAO for p in found.pairs)
    ):
        return
    for pair in found.pairs:
        one, two = _get_pair_texts(left, right, pair)
        accented = pair.similarity.relation == EQUAL and one.casefold() != two.casefold()
        if pair.similarity.relation == ICAO or (
            accented and strip_marks(one).casefold() == strip_marks(two).casefold()
        ):
            yield Finding(
                CategoryId.I02_DIACRITICS, get_core_span(left, pair.left), get_core_span(right, pair.right)
            )
        elif accented and not (one.isascii() and two.isascii()):
            yield Finding(
                CategoryId.I02_DIACRITICS,
                get_core_span(left, pair.left),
                get_core_span(right, pair.right),
                "ligature",
            )


def detect_order(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """The parts of the name stand in another order (I03)."""
    crossed = any(pair.is_crossed and not pair.contradicts for pair in found.pairs)
    if not found.in_order or crossed or _is_comma_difference(left, right):
        detail = "" if left.comma != right.comma and not crossed else "uncertain"
        yield Finding(
            CategoryId.I03_FIELD_ORDER,
            find_tokens_span(left.core),
            find_tokens_span(right.core),
            "" if _is_comma_difference(left, right) else detail,
        )


def _is_comma_difference(left: ParsedPerson, right: ParsedPerson) -> bool:
    return left.comma != right.comma and left.text.keys == right.text.keys and len(left.core) > 1


def detect_unequal_words(
    left: ParsedPerson, right: ParsedPerson, found: PersonAlignment
) -> Iterator[Finding]:
    """Words that stand against each other and are not equal: I04, I06 to I11, I15, I19, I20."""
    foreign = any(pair.similarity.relation == VOWELS for pair in found.pairs) and _is_romanised(
        left, right, found
    )
    crossed = left.text.scripts.isdisjoint(right.text.scripts)
    for pair in found.pairs:
        if pair.similarity.relation == EQUAL:
            continue
        spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
        # A rendering that does not look alike proves nothing: across scripts nothing contradicts.
        for category, detail in (
            [(CategoryId.I20_TRANSLITERATION, SCRIPT)] if crossed else _classify_pair(pair, foreign)
        ):
            yield Finding(category, *spans, _find_category_case(left, right, pair, category) or detail)


def _find_category_case(left: ParsedPerson, right: ParsedPerson, pair: WordPair, category: CategoryId) -> str:
    """The case of a category that both whole words show."""
    one, two = left.core[pair.left[0]].key, right.core[pair.right[0]].key
    if category == CategoryId.I10_SURNAME_TYPO and _is_gendered_pair(one, two):
        return GENDER
    if category == CategoryId.I15_SURNAME_CHANGED and _has_matching_birth_name(left, right):
        return BIRTH_NAME
    # Chan, Chen and Tan write one character; the people who bear them are told apart by it.
    if category == CategoryId.I20_TRANSLITERATION and {one, two} <= load_name_lists().family_first:
        return DISTINCT_NAMES
    if (
        category in (CategoryId.I09_GIVEN_SPELLING, CategoryId.I10_SURNAME_TYPO)
        and min(len(one), len(two)) <= SHORT_NAME_LENGTH
        and pair.similarity.relation in (TYPO, VOWELS)
    ):
        return DISTINCT_NAMES
    return ""


def _has_matching_birth_name(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Whether the birth name of one is the surname of the other: Mary Smith née Jones, Mary Jones."""
    ours, theirs = _list_keys(left.surname), _list_keys(right.surname)
    born_left, born_right = set(_list_keys(left.birth_name)), set(_list_keys(right.birth_name))
    return ours != theirs and not (born_left.isdisjoint(theirs) and born_right.isdisjoint(ours))


def _is_gendered_pair(one: str, two: str) -> bool:
    """Whether the surnames are a man's and a woman's of one family: Petrov, Petrova; Dubinsky, Dubinskaya."""
    short, long = sorted((one, two), key=len)
    return any(
        short.endswith(his) and long == short[: len(short) - len(his)] + hers
        for his, hers in _GENDERED_ENDINGS
    )


def _is_romanised(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> bool:
    """Whether something else in the names tells of another script: an article, bin, a known variant."""
    around = set(_list_keys(left.particles + right.particles))
    if around & (load_word_lists().articles | load_word_lists().nasab) or left.patronymic or right.patronymic:
        return True
    return any(pair.similarity.relation in (TRANSLITERATION, SCRIPT, ARTICLE) for pair in found.pairs)


def _classify_pair(pair: WordPair, foreign: bool) -> Iterator[tuple[CategoryId, str]]:
    relation = pair.similarity.relation
    if relation in (EQUAL, ICAO):
        return
    if pair.contradicts:
        yield from _classify_contradiction(pair)
    elif relation == INITIAL:
        yield (
            (
                CategoryId.I04_FIRST_INITIAL
                if pair.role == "g" or pair.is_moved
                else CategoryId.I10_SURNAME_TYPO
                if pair.role == "s"
                else CategoryId.I06_MIDDLE_INITIAL
            ),
            "",
        )
    elif relation in (TRANSLITERATION, SCRIPT, ARTICLE) or (relation == VOWELS and foreign):
        yield CategoryId.I20_TRANSLITERATION, relation
    elif relation == NICKNAME:
        yield (
            (CategoryId.I10_SURNAME_TYPO, NICKNAME)
            if pair.role == "s" and not pair.is_crossed
            else (CategoryId.I08_NICKNAME, "")
        )
    else:
        yield (
            (CategoryId.I10_SURNAME_TYPO if pair.role == "s" else CategoryId.I09_GIVEN_SPELLING),
            _get_typo_detail(pair),
        )


def _get_typo_detail(pair: WordPair) -> str:
    """Two names that both exist (Muller, Miller; Smith, Smyth) may be two people's, however near they are."""
    seen = pair.similarity
    if seen.known_count == BOTH_KNOWN_COUNT or (
        seen.relation == VOWELS and seen.known_count and seen.surprisal_gap < MAX_SURPRISAL_GAP
    ):
        return DISTINCT_NAMES
    return {PREFIX: PREFIX, TYPO: TYPO, VOWELS: TYPO}.get(pair.similarity.relation, "")


def _classify_contradiction(pair: WordPair) -> Iterator[tuple[CategoryId, str]]:
    """A different surname, first name or middle name; a patronymic is also a conflicting middle name."""
    if pair.role == "p":
        yield CategoryId.I19_PATRONYMIC, CONTRADICTED
    yield (
        {"s": CategoryId.I15_SURNAME_CHANGED, "g": CategoryId.I11_GIVEN_DIFFERENT}.get(
            pair.role, CategoryId.I07_MIDDLE_CONFLICT
        ),
        CONTRADICTED,
    )


def detect_absent_parts(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """A part of the name stands on one side only: I05, I16, I17, I19, I21, I26."""
    middle_first = _has_middle_as_first(found)
    for person, lone, flip in ((left, found.unpaired_left, False), (right, found.unpaired_right, True)):
        other = left if flip else right
        for at, role in lone:
            category = _classify_absent_part(person, other, role, middle_first)
            if category == CategoryId.I21_MIDDLE_AS_FIRST:
                continue  # said once, below
            span = person.core[at].span
            yield Finding(category, None if flip else span, span if flip else None, ABSENT)
    if middle_first:
        yield Finding(
            CategoryId.I21_MIDDLE_AS_FIRST,
            find_tokens_span(left.given or left.core),
            find_tokens_span(right.given or right.core),
        )


def _has_middle_as_first(found: PersonAlignment) -> bool:
    given_lone = any(role == "g" for _, role in found.unpaired_left + found.unpaired_right)
    return given_lone and any(pair.is_moved and not pair.contradicts for pair in found.pairs)


def _classify_absent_part(
    person: ParsedPerson, other: ParsedPerson, role: str, middle_first: bool
) -> CategoryId:
    if role == "p":
        return CategoryId.I19_PATRONYMIC
    if other.mononym and len(person.core) > 1:
        return CategoryId.I26_MONONYM
    if role == "s":
        return (
            CategoryId.I16_HYPHENATED_PART_MISSING
            if person.double_surname == "hyphen"
            else CategoryId.I17_DOUBLE_SURNAME
        )
    return CategoryId.I21_MIDDLE_AS_FIRST if role == "g" and middle_first else CategoryId.I05_MIDDLE_ABSENT


def detect_suffixes(left: ParsedPerson, right: ParsedPerson, _found: PersonAlignment) -> Iterator[Finding]:
    """Generational suffixes differ (I12), stand on one side only (I13) or are written otherwise (I01)."""
    if left.suffix != right.suffix:
        category = (
            CategoryId.I12_SUFFIX_CONFLICT if left.suffix and right.suffix else CategoryId.I13_SUFFIX_MISSING
        )
        yield Finding(category, _get_suffix_span(left), _get_suffix_span(right))
    elif _list_keys(left.suffix_tokens) != _list_keys(right.suffix_tokens):
        yield Finding(
            CategoryId.I01_FORM_OF_WRITING, _get_suffix_span(left), _get_suffix_span(right), "suffix"
        )


def _get_suffix_span(person: ParsedPerson) -> Span | None:
    return find_tokens_span(person.suffix_tokens or person.style) if person.suffix else None


def detect_titles(left: ParsedPerson, right: ParsedPerson, _found: PersonAlignment) -> Iterator[Finding]:
    """Titles, post-nominals or styles of nobility differ (I14)."""
    for one, two in (
        (left.titles, right.titles),
        (left.postnominals, right.postnominals),
        (left.style if not left.suffix or left.suffix == right.suffix else (), right.style),
    ):
        if _list_keys(one) != _list_keys(two):
            case, note = (GENDER, _OPPOSITE_SEXES_NOTE) if _has_opposite_sexes(one, two) else ("", "")
            yield Finding(CategoryId.I14_TITLE, find_tokens_span(one), find_tokens_span(two), case, note=note)


_OPPOSITE_SEXES_NOTE = (
    "One title tells of a man, the other of a woman: Mr and Mrs of one name are two people."
)


def _has_opposite_sexes(one: Tokens, two: Tokens) -> bool:
    """Whether the titles tell of a man and of a woman: Mrs John Smith is not Mr John Smith."""
    ours, theirs = set(_list_keys(one)), set(_list_keys(two))
    known = load_word_lists()
    return any(
        here & known.male and there & known.female and not (here & known.female or there & known.male)
        for here, there in ((ours, theirs), (theirs, ours))
    )


def detect_particles(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """A surname particle is there on one side only, or another one stands there (I18)."""
    if _list_keys(left.particles) == _list_keys(right.particles) or _has_joined_surname(left, right, found):
        return
    shared = set(_list_keys(left.particles)) & set(_list_keys(right.particles))
    ours = [t for t in left.particles if t.key not in shared]
    theirs = [t for t in right.particles if t.key not in shared]
    articles = load_word_lists().articles
    for one, two in zip_longest(ours, theirs):
        variant = one and two and one.key in articles and two.key in articles
        yield Finding(
            CategoryId.I20_TRANSLITERATION if variant else CategoryId.I18_PARTICLE,
            one.span if one else None,
            two.span if two else None,
        )


def _has_joined_surname(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> bool:
    """Whether one side writes the particles and the surname as one word."""
    return any(is_joined_surname(left, right, pair.left[0], pair.right[0]) for pair in found.pairs)


def detect_aliases(left: ParsedPerson, right: ParsedPerson, _found: PersonAlignment) -> Iterator[Finding]:
    """An alias or nickname is written beside the name (I22), or a birth name (I15)."""
    for category, one, two in (
        (CategoryId.I22_ALIAS, left.alias, right.alias),
        (CategoryId.I15_SURNAME_CHANGED, left.birth_name, right.birth_name),
    ):
        if _list_keys(one) != _list_keys(two) and not (
            category == CategoryId.I15_SURNAME_CHANGED and _has_matching_birth_name(left, right)
        ):
            detail = "birth name" if category == CategoryId.I15_SURNAME_CHANGED else ""
            yield Finding(category, find_tokens_span(one), find_tokens_span(two), detail)
    if _list_keys(left.nicknames) != _list_keys(right.nicknames):
        known = _has_matching_nickname(left) or _has_matching_nickname(right)
        yield Finding(
            CategoryId.I08_NICKNAME if known else CategoryId.I22_ALIAS,
            find_tokens_span(left.nicknames),
            find_tokens_span(right.nicknames),
            "written",
        )


def _has_matching_nickname(person: ParsedPerson) -> bool:
    """Whether a written nickname is one of the given name."""
    return any(
        is_nickname(nick.key, name.key) for nick in person.nicknames for name in person.given + person.middle
    )


def detect_attachments(left: ParsedPerson, right: ParsedPerson, _found: PersonAlignment) -> Iterator[Finding]:
    """A capacity (I23), a second person (I24), a trade name (I25) or a document (I27) goes with the name."""
    for category, one, two in (
        (CategoryId.I23_CAPACITY, left.capacity, right.capacity),
        (CategoryId.I24_JOINT_NAMES, left.joint, right.joint),
        (CategoryId.I25_TRADE_NAME, left.trade, right.trade),
        (CategoryId.I27_DOCUMENT_CONFLICT, left.document, right.document),
        (CategoryId.I26_MONONYM, left.placeholders, right.placeholders),
    ):
        if _list_keys(one) != _list_keys(two) and not (category == CategoryId.I25_TRADE_NAME and one and two):
            yield Finding(category, find_tokens_span(one), find_tokens_span(two))


def detect_mononyms(left: ParsedPerson, right: ParsedPerson, found: PersonAlignment) -> Iterator[Finding]:
    """Two single words that are not equal are judged as names of their own (I26)."""
    if left.mononym and right.mononym and found.pairs and found.pairs[0].contradicts:
        seen = compare_words(left.core[0].key, right.core[0].key)
        yield Finding(CategoryId.I26_MONONYM, left.core[0].span, right.core[0].span, seen.relation)


_CORE_DETECTORS: tuple[Detector, ...] = (
    detect_formatting,
    detect_accents,
    detect_order,
    detect_unequal_words,
    detect_absent_parts,
    detect_mononyms,
)
_ALL_DETECTORS: tuple[Detector, ...] = (
    *_CORE_DETECTORS,
    detect_suffixes,
    detect_titles,
    detect_particles,
    detect_aliases,
    detect_attachments,
)
