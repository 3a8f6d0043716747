"""Differences beside the name proper: suffixes, titles, particles, aliases, capacities and the like."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.language.wording import Sentence
from matching.engine.person.align import PersonAlignment, is_joined_surname
from matching.engine.person.doubt import is_name_of_sex
from matching.engine.person.lexicon import is_nickname, load_word_lists
from matching.engine.person.types import GENDER, ParsedPerson, find_tokens_span, get_token_keys
from matching.engine.person.word_findings import has_matching_birth_name
from matching.engine.text.tokenise import Tokens
from matching.engine.types import Finding, Span


def detect_suffixes(
    left: ParsedPerson, right: ParsedPerson, _alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield suffixes that differ (I12), stand on one side only (I13) or are spelled otherwise (I01)."""
    spans = _get_suffix_span(left), _get_suffix_span(right)
    if left.suffix and right.suffix and left.suffix != right.suffix:
        yield Finding(CategoryId.I12_SUFFIX_CONFLICT, *spans)
    elif left.suffix != right.suffix:
        yield Finding(CategoryId.I13_SUFFIX_MISSING, *spans)
    elif get_token_keys(left.suffix_tokens) != get_token_keys(right.suffix_tokens):
        yield Finding(CategoryId.I01_FORM_OF_WRITING, *spans, "suffix")


def _get_suffix_span(person: ParsedPerson) -> Span | None:
    return find_tokens_span(person.suffix_tokens or person.style) if person.suffix else None


def detect_titles(left: ParsedPerson, right: ParsedPerson, _alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield titles, post-nominals and styles of nobility that differ (I14)."""
    # A style that holds another suffix is reported as the suffix (1st Baron, 2nd Baron).
    style_left = left.style if not left.suffix or left.suffix == right.suffix else ()
    for one, two in (
        (left.titles, right.titles),
        (left.postnominals, right.postnominals),
        (style_left, right.style),
    ):
        if get_token_keys(one) != get_token_keys(two):
            spans = find_tokens_span(one), find_tokens_span(two)
            is_wife = _has_husbands_name(left, one) or _has_husbands_name(right, two)
            if is_wife or _has_opposite_sexes(one, two):
                yield Finding(CategoryId.I14_TITLE, *spans, GENDER, note=str(Sentence.OPPOSITE_TITLES))
            else:
                yield Finding(CategoryId.I14_TITLE, *spans)


def _has_opposite_sexes(one: Tokens, two: Tokens) -> bool:
    """Say whether one side has a man's title and the other a woman's: Mr John Smith, Mrs John Smith."""
    return {_get_title_sexes(one), _get_title_sexes(two)} == {(True, False), (False, True)}


def _has_husbands_name(person: ParsedPerson, titles: Tokens) -> bool:
    """Say whether a woman's title stands before a man's name: Mrs John Smith is the wife of John Smith."""
    is_male = bool(person.given) and is_name_of_sex(person.given[0].key, "m")
    return is_male and _get_title_sexes(titles) == (False, True)


def _get_title_sexes(titles: Tokens) -> tuple[bool, bool]:
    """Say whether one of the titles is a man's, and whether one is a woman's."""
    keys, lists = get_token_keys(titles), load_word_lists()
    return not lists.male.isdisjoint(keys), not lists.female.isdisjoint(keys)


def detect_particles(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield surname particles that differ (I18); two articles are romanisations of one (I20).

    Two particles make two surnames: Jan van Horst, Jan ter Horst; Fatima bin Ali, Fatima bint Ali.
    """
    keys_left, keys_right = get_token_keys(left.particles), get_token_keys(right.particles)
    if keys_left == keys_right or _has_joined_surname(left, right, alignment):
        return
    only_left = [token for token in left.particles if token.key not in keys_right]
    only_right = [token for token in right.particles if token.key not in keys_left]
    articles = load_word_lists().articles
    for one, two in zip_longest(only_left, only_right):
        are_articles = one and two and one.key in articles and two.key in articles
        category = CategoryId.I20_TRANSLITERATION if are_articles else CategoryId.I18_PARTICLE
        are_two = one and two and not are_articles and not _are_one_particle(one.key, two.key)
        case = CategoryCase.OTHER_PARTICLE if are_two else CategoryCase.NONE
        yield Finding(category, one.span if one else None, two.span if two else None, case)


def _are_one_particle(one: str, two: str) -> bool:
    return any(one in group and two in group for group in load_word_lists().particle_spellings)


def _has_joined_surname(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> bool:
    """Say whether one side writes the particles and the surname as one word."""
    return any(is_joined_surname(left, right, pair.left[0], pair.right[0]) for pair in alignment.pairs)


def detect_aliases(left: ParsedPerson, right: ParsedPerson, _alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield an alias (I22), a birth name (I15) and a nickname (I08, I22) written beside the name."""
    if get_token_keys(left.alias) != get_token_keys(right.alias):
        yield Finding(CategoryId.I22_ALIAS, find_tokens_span(left.alias), find_tokens_span(right.alias))
    same_birth_name = get_token_keys(left.birth_name) == get_token_keys(right.birth_name)
    if not same_birth_name and not has_matching_birth_name(left, right):
        spans = find_tokens_span(left.birth_name), find_tokens_span(right.birth_name)
        yield Finding(CategoryId.I15_SURNAME_CHANGED, *spans, "birth name")
    if get_token_keys(left.nicknames) != get_token_keys(right.nicknames):
        is_listed = _has_matching_nickname(left) or _has_matching_nickname(right)
        spans = find_tokens_span(left.nicknames), find_tokens_span(right.nicknames)
        yield Finding(CategoryId.I08_NICKNAME if is_listed else CategoryId.I22_ALIAS, *spans, "written")


def _has_matching_nickname(person: ParsedPerson) -> bool:
    """Say whether a quoted nickname is a listed nickname of a given or middle name."""
    nicknames = {token.key for token in person.nicknames}
    names = {token.key for token in person.given + person.middle}
    return any(is_nickname(nickname, name) for nickname in nicknames for name in names)


def detect_attachments(
    left: ParsedPerson, right: ParsedPerson, _alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield a capacity (I23), second person (I24), trade name (I25), document (I27) or placeholder (I26)."""
    for category, one, two in (
        (CategoryId.I23_CAPACITY, left.capacity, right.capacity),
        (CategoryId.I24_JOINT_NAMES, left.joint, right.joint),
        (CategoryId.I25_TRADE_NAME, left.trade, right.trade),
        (CategoryId.I27_DOCUMENT_CONFLICT, left.document, right.document),
        (CategoryId.I26_MONONYM, left.placeholders, right.placeholders),
    ):
        both_trade = category == CategoryId.I25_TRADE_NAME and one and two
        if get_token_keys(one) != get_token_keys(two) and not both_trade:
            yield Finding(category, find_tokens_span(one), find_tokens_span(two))
