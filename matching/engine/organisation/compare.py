"""Comparing two organisations' names: every difference found once, located on both sides, and measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.legal_forms.relation import FormRelation, explain_form_relation, relate_forms
from matching.engine.organisation.form_pairing import pair_legal_forms
from matching.engine.organisation.parse import AppendedPart, ParsedOrganisation
from matching.engine.search_logic import NOISE_WORDS
from matching.engine.text import numbers
from matching.engine.text.alignment import TokenAlignment, UnmatchedTokens, align_tokens
from matching.engine.text.dates import remove_shared_date
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.orthography import detect_orthography_findings
from matching.engine.text.spelling_variants import classify_spelling_variant, is_spelled_letters
from matching.engine.text.tokenise import Token, get_tokens_span, is_mixed_script
from matching.engine.text.word_relation import WordRelation
from matching.engine.types import Finding, Span, mirror_finding

_FORM_CATEGORIES = {
    FormRelation.TRANSLATION: CategoryId.O09_FORM_TRANSLATED,
    FormRelation.DIFFERENT: CategoryId.O10_FORM_CHANGED,
    FormRelation.SHARED_CODE: CategoryId.O10_FORM_CHANGED,
    FormRelation.AMBIGUOUS: CategoryId.O09_FORM_TRANSLATED,
    FormRelation.MISSING: CategoryId.O11_FORM_MISSING,
    FormRelation.STACKED: CategoryId.O12_FORM_STACKED,
    FormRelation.MARKER: CategoryId.O13_FORM_MARKER,
}

_FORM_CASES = {
    FormRelation.TRANSLATION: CategoryCase.LOOSE_TRANSLATION,
    FormRelation.AMBIGUOUS: CategoryCase.LOOSE_TRANSLATION,
    FormRelation.SHARED_CODE: CategoryCase.SHARED_CODE,
}

_ALL_FORM_CATEGORIES = {CategoryId.O08_FORM_ABBREVIATED, *_FORM_CATEGORIES.values()}


class OrganisationComparison(NamedTuple):
    """Everything known about two organisation names, for findings and features alike."""

    left: ParsedOrganisation
    right: ParsedOrganisation
    stem_left: tuple[Token, ...]
    stem_right: tuple[Token, ...]
    alignment: TokenAlignment
    form_relation: FormRelation
    is_cross_script: bool
    findings: tuple[Finding, ...]


def compare_organisations(
    left: ParsedOrganisation,
    right: ParsedOrganisation,
    jurisdictions: tuple[str | None, str | None] = (None, None),
) -> OrganisationComparison:
    """Account for every difference of substance between two parsed organisation names.

    Differences of writing alone (case, punctuation, accents) are added by :func:`with_writing`, since they
    never change a score.
    """
    left, right = pair_legal_forms(left, right)
    stem_left, stem_right, chosen = _select_stems(left, right)
    stem_left, stem_right, dated = remove_shared_date(stem_left, stem_right, (left.text, right.text))
    ascii_only = left.text.raw.isascii() and right.text.raw.isascii()
    crossed = not ascii_only and _is_cross_script(stem_left, stem_right)
    alignment = align_tokens(stem_left, stem_right)
    form = relate_forms(left.forms, right.forms, *jurisdictions)
    findings = chosen or [
        *_detect_appended_parts(left, right),
        *_detect_form_difference(left, right, form),
        *dated,
    ]
    if crossed and (alignment.gaps or _count_transliterations(alignment) > 1):
        findings.append(_build_spanning_finding(stem_left, stem_right, CategoryId.O36_TRANSLITERATION))
        findings.extend(_detect_number_conflict(stem_left, stem_right))
    else:
        findings.extend(_detect_word_differences(stem_left, stem_right, alignment))
    if any(finding.category == CategoryId.O38_TRUNCATION for finding in findings):
        # The field that cut the name cut its legal form as well.
        findings = [finding for finding in findings if finding.category != CategoryId.O11_FORM_MISSING]
    return OrganisationComparison(
        left, right, stem_left, stem_right, alignment, form, crossed, tuple(findings)
    )


def _count_transliterations(alignment: TokenAlignment) -> int:
    return sum(
        match.relation is not None and match.relation.category == CategoryId.O36_TRANSLITERATION
        for match in alignment.matches
    )


def add_orthography_findings(account: OrganisationComparison) -> tuple[Finding, ...]:
    """All findings, those of writing included."""
    return (*account.findings, *detect_orthography_findings(account.left.text, account.right.text))


def add_form_note(account: OrganisationComparison, finding: Finding) -> Finding:
    """The finding on the legal forms with a sentence that names them and their codes; others as they are."""
    if finding.category not in _ALL_FORM_CATEGORIES:
        return finding
    if (finding.span1, finding.span2) != (_get_form_span(account.left), _get_form_span(account.right)):
        return finding
    return finding._replace(
        note=explain_form_relation(account.left.forms, account.right.forms, account.form_relation)
    )


def _select_stems(
    left: ParsedOrganisation, right: ParsedOrganisation
) -> tuple[tuple[Token, ...], tuple[Token, ...], list[Finding]]:
    """The stems to compare; when one name's appended part is the other's legal name, that is the finding."""
    stem_left, stem_right = left.stem_tokens, right.stem_tokens
    if left.stem_keys == right.stem_keys or not (left.parts or right.parts):
        return stem_left, stem_right, []
    for one, other, flipped in ((left, right, False), (right, left, True)):
        stem = "".join(other.stem_keys)
        for part in one.parts:
            if part.category in _PART_ALONE_CATEGORIES and "".join(one.get_tail_keys(part)).startswith(stem):
                same = stem_left if flipped else stem_right
                return same, same, [_build_tail_finding(one, other, part, flipped)]
    return stem_left, stem_right, []


_PART_ALONE_CATEGORIES: dict[str, CategoryId] = {
    CategoryId.O29_TRADE_NAME_APPENDED: CategoryId.O30_TRADE_NAME_ALONE,
    CategoryId.O31_FORMER_NAME: CategoryId.O31_FORMER_NAME,
    CategoryId.I22_ALIAS: CategoryId.O30_TRADE_NAME_ALONE,
    CategoryId.O32_SUCCESSOR: CategoryId.O32_SUCCESSOR,
    CategoryId.O34_DIVISION: CategoryId.O34_DIVISION,
    CategoryId.O35_CAPACITY: CategoryId.O35_CAPACITY,
}
"""Category when a name is what the other only appends: the trade name alone, the branch's company."""


def _build_tail_finding(
    one: ParsedOrganisation, other: ParsedOrganisation, part: AppendedPart, flipped: bool
) -> Finding:
    span = get_tokens_span(one.get_tokens(range(part.start)))
    spans = (None, span) if flipped else (span, None)
    incorporated = part.category == CategoryId.O29_TRADE_NAME_APPENDED and other.forms and not one.forms
    return Finding(
        CategoryId.O33_BUSINESS_INCORPORATED if incorporated else _PART_ALONE_CATEGORIES[part.category],
        *spans,
    )


def _detect_appended_parts(left: ParsedOrganisation, right: ParsedOrganisation) -> Iterator[Finding]:
    """Appended parts that stand on one side only, or differ."""
    if not (left.parts or right.parts):
        return
    keys_left = {left.get_tail_keys(part) or left.text.keys[part.start : part.stop] for part in left.parts}
    keys_right = {
        right.get_tail_keys(part) or right.text.keys[part.start : part.stop] for part in right.parts
    }
    both = {part.category for part in left.parts} & {part.category for part in right.parts}
    for one, others, flipped in ((left, keys_right, False), (right, keys_left, True)):
        for part in [part for part in one.parts if part.category not in both]:
            if (one.get_tail_keys(part) or one.text.keys[part.start : part.stop]) not in others:
                span = get_tokens_span(one.get_tokens(range(part.start, part.stop)))
                category = {
                    CategoryId.I22_ALIAS: CategoryId.O29_TRADE_NAME_APPENDED,
                    "publ": CategoryId.O08_FORM_ABBREVIATED,
                }.get(part.category, part.category)
                yield Finding(CategoryId(category), *((None, span) if flipped else (span, None)))
    yield from _detect_conflicting_parts(left, right)


def _detect_conflicting_parts(left: ParsedOrganisation, right: ParsedOrganisation) -> Iterator[Finding]:
    """Both names append the same sort of thing and mean another: two branches, two trusts, two numbers."""
    for category in sorted({part.category for part in left.parts}):
        ones = [
            left.get_tokens(range(part.start, part.stop)) for part in left.parts if part.category == category
        ]
        others = [
            right.get_tokens(range(part.start, part.stop))
            for part in right.parts
            if part.category == category
        ]
        for ours, theirs in zip(ones, others, strict=False):
            if _list_keys(ours) != _list_keys(theirs):
                numbered = any(token.key[0].isdigit() for token in (*ours, *theirs))
                yield Finding(
                    CategoryId.O20_NUMBER if numbered else CategoryId.O26_WORD_REPLACED,
                    get_tokens_span(ours),
                    get_tokens_span(theirs),
                )


def _detect_form_difference(
    left: ParsedOrganisation, right: ParsedOrganisation, form: FormRelation
) -> Iterator[Finding]:
    category = _FORM_CATEGORIES.get(form)
    if form is FormRelation.SAME:
        category = _categorise_same_form(left, right)
    if category:
        yield Finding(
            category, _get_form_span(left), _get_form_span(right), _FORM_CASES.get(form, CategoryCase.NONE)
        )


def _categorise_same_form(left: ParsedOrganisation, right: ParsedOrganisation) -> CategoryId | None:
    """How one form is written twice: alike, abbreviated, or in the full words of its own language."""
    one, other = _list_form_keys(left), _list_form_keys(right)
    if one == other:
        return (
            CategoryId.O08_FORM_ABBREVIATED if _has_leading_form(left) != _has_leading_form(right) else None
        )
    longest = max((*one, *other), key=len)
    local = len(longest) > 1 and not any(key in _ENGLISH_FORM_WORDS for key in longest)
    return (
        CategoryId.O09_FORM_TRANSLATED
        if local and min(len(item) for item in (*one, *other)) == 1
        else CategoryId.O08_FORM_ABBREVIATED
    )


_ENGLISH_FORM_WORDS = frozenset(
    {
        "company",
        "limited",
        "liability",
        "corporation",
        "partnership",
        "co",
        "ltd",
        "inc",
        "trust",
        "association",
    }
)


def _has_leading_form(name: ParsedOrganisation) -> bool:
    """Whether the form stands before the name (株式会社トヨタ) and not after it."""
    return bool(name.forms) and name.forms[0].first == 0


def _list_form_keys(name: ParsedOrganisation) -> list[tuple[str, ...]]:
    return [name.text.keys[form.first : form.stop] for form in name.forms]


def _get_form_span(name: ParsedOrganisation) -> Span | None:
    if not name.forms:
        return None
    tokens = name.text.tokens
    return (tokens[name.forms[0].first].start, tokens[name.forms[-1].stop - 1].end)


def _is_cross_script(left: tuple[Token, ...], right: tuple[Token, ...]) -> bool:
    """Whether the two stems are written in different scripts, so that only a transliteration compares."""
    one, other = _list_letter_types(left), _list_letter_types(right)
    return False in one | other and not one & other


def _list_letter_types(tokens: tuple[Token, ...]) -> set[bool]:
    """Which sorts of letters occur: ASCII after folding, or another script."""
    return {token.key.isascii() for token in tokens if not token.key[0].isdigit()}


def _build_spanning_finding(
    left: tuple[Token, ...], right: tuple[Token, ...], category: CategoryId
) -> Finding:
    return Finding(category, get_tokens_span(left), get_tokens_span(right))


def _detect_number_conflict(left: tuple[Token, ...], right: tuple[Token, ...]) -> Iterator[Finding]:
    """Digits are read alike in every script."""
    one = [token for token in left if token.key[0].isdigit()]
    other = [token for token in right if token.key[0].isdigit()]
    if one and other and sorted(_list_keys(tuple(one))) != sorted(_list_keys(tuple(other))):
        yield _build_spanning_finding(tuple(one), tuple(other), CategoryId.O20_NUMBER)


def _detect_word_differences(
    left: tuple[Token, ...], right: tuple[Token, ...], alignment: TokenAlignment
) -> Iterator[Finding]:
    for i, i2, j, j2, relation in alignment.matches:
        if relation:
            one, other = left[i:i2], right[j:j2]
            category = _categorise_relation(relation, left, right)
            weight = 1.0 if category == CategoryId.O20_NUMBER else _compute_max_rarity((*one, *other))
            yield Finding(
                category,
                get_tokens_span(one),
                get_tokens_span(other),
                _choose_case(category, _list_keys(one), _list_keys(other)),
                weight,
            )
        elif left[i].text != right[j].text and is_mixed_script(left[i].text) != is_mixed_script(
            right[j].text
        ):
            yield Finding(CategoryId.O39_LOOKALIKE, left[i].span, right[j].span)
    for i, j in alignment.moves:
        yield Finding(
            CategoryId.O27_WORD_ORDER, left[i].span, right[j].span, weight=compute_rarity(left[i].key)
        )
        if is_mixed_script(left[i].text) != is_mixed_script(right[j].text):
            yield Finding(CategoryId.O39_LOOKALIKE, left[i].span, right[j].span)
    truncated = _detect_truncation(left, right, alignment)
    if truncated:
        yield truncated
        return
    for gap in alignment.gaps:
        yield from _detect_in_gap(left, right, gap)


def _categorise_relation(
    relation: WordRelation, left: tuple[Token, ...], right: tuple[Token, ...]
) -> CategoryId:
    """What a relation of two words is; a single letter that is all of a name abbreviates nothing."""
    letter = len(left) == len(right) == 1 and 1 in (len(left[0].key), len(right[0].key))
    return (
        CategoryId.O26_WORD_REPLACED
        if letter and relation.category == CategoryId.O15_WORD_ABBREVIATED
        else relation.category
    )


def _compute_max_rarity(tokens: tuple[Token, ...]) -> float:
    return max([compute_rarity(token.key) for token in tokens])


def _choose_case(category: CategoryId, one: tuple[str, ...], other: tuple[str, ...]) -> CategoryCase:
    """The case of a category that a profile may judge by itself."""
    if category == CategoryId.O06_DIACRITICS:
        return CategoryCase.DIGRAPH  # the only O06 between words of different keys: ü as ue
    if category == CategoryId.O22_GEOGRAPHIC_QUALIFIER:
        return CategoryCase.OTHER_PLACE  # another place, not one added
    if category == CategoryId.O16_ACRONYM:
        return (
            CategoryCase.LETTER_NAMES
            if is_spelled_letters(one, "".join(other)) or is_spelled_letters(other, "".join(one))
            else CategoryCase.NONE
        )
    if category in _RESPELLING_CATEGORIES and len(one) == len(other) == 1:
        return classify_spelling_variant(one[0], other[0])
    return CategoryCase.NONE


_RESPELLING_CATEGORIES = {
    CategoryId.O17_TYPO_ORDINARY_WORD,
    CategoryId.O18_TYPO_DISTINCTIVE_WORD,
    CategoryId.O19_HOMOPHONE,
    CategoryId.O26_WORD_REPLACED,
}


def _detect_in_gap(
    left: tuple[Token, ...], right: tuple[Token, ...], gap: UnmatchedTokens
) -> Iterator[Finding]:
    """Words without counterpart: replaced where both sides have some, added where one has."""
    ones, others = [left[i] for i in gap.left], [right[j] for j in gap.right]
    if (
        ones
        and others
        and not ones[0].key.isascii() & others[0].key.isascii()
        and _is_cross_script(tuple(ones), tuple(others))
    ):
        yield _build_spanning_finding(tuple(ones), tuple(others), CategoryId.O36_TRANSLITERATION)
        return
    surplus = len(ones) - len(others)
    alone = _select_unpaired(ones, surplus), _select_unpaired(others, -surplus)
    paired_ones = [token for at, token in enumerate(ones) if at not in alone[0]]
    paired_others = [token for at, token in enumerate(others) if at not in alone[1]]
    for one, other in zip(paired_ones, paired_others, strict=True):
        category = _categorise_replacement(one, other)
        weight = (
            1.0
            if category == CategoryId.O20_NUMBER
            else max(compute_rarity(one.key), compute_rarity(other.key))
        )
        detail = _choose_case(category, (one.key,), (other.key,))
        yield Finding(category, one.span, other.span, detail, weight)
    for at in sorted(alone[0]):
        yield _build_added_finding(ones[at], left, gap.left[at])
    for at in sorted(alone[1]):
        yield mirror_finding(_build_added_finding(others[at], right, gap.right[at]))


def _select_unpaired(words: list[Token], surplus: int) -> set[int]:
    """Which words of the longer side have no counterpart: small connecting ones first, then the last."""
    if surplus <= 0 or surplus == len(words):
        return set(range(surplus))
    small = [_is_function_word(word.key) for word in words]
    order = sorted(range(len(words)), key=lambda at: (not small[at], -at))
    return set(order[:surplus])


def _is_function_word(key: str) -> bool:
    return key in load_lexicon().connectors or key in load_lexicon().particles


def _categorise_replacement(one: Token, other: Token) -> CategoryId:
    words = load_lexicon()
    if _is_number(one) or _is_number(other) or (len(one.key) == len(other.key) == 1):
        return CategoryId.O20_NUMBER
    if one.key in words.places and other.key in words.places:
        return CategoryId.O22_GEOGRAPHIC_QUALIFIER
    return CategoryId.O26_WORD_REPLACED


def _is_number(token: Token) -> bool:
    return numbers.parse_number(token.key, first=token.start == 0) is not None


def _build_added_finding(token: Token, side: tuple[Token, ...], position: int) -> Finding:
    category = _categorise_added_word(token, side, position)
    weight = (
        1.0
        if category
        in (
            CategoryId.O05_AND_OMITTED,
            CategoryId.O20_NUMBER,
            CategoryId.O22_GEOGRAPHIC_QUALIFIER,
            CategoryId.O24_GROUP_ROLE_WORD,
        )
        else compute_rarity(token.key)
    )
    if category == CategoryId.O25_WORD_ADDED and (
        token.key in load_lexicon().particles or token.key in load_lexicon().articles
    ):
        weight = 0.1
    return Finding(category, token.span, None, weight=weight)


def _categorise_added_word(token: Token, side: tuple[Token, ...], position: int) -> CategoryId:
    words, key = load_lexicon(), token.key
    if token.text in ("&", "+") or key == "and":
        return CategoryId.O05_AND_OMITTED
    if (key,) in NOISE_WORDS and position < len(side) - 1:
        return CategoryId.O14_NOISE_WORD_INSIDE
    if _is_number(token) or (len(key) == 1 and position and _can_precede_number(side[position - 1])):
        return CategoryId.O20_NUMBER
    if key in words.domains or (key in words.web_affixes and position in (0, len(side) - 1)):
        return CategoryId.O37_DOMAIN_AFFIX
    return (
        CategoryId.O22_GEOGRAPHIC_QUALIFIER
        if key in words.places
        else CategoryId.O24_GROUP_ROLE_WORD
        if key in words.roles
        else CategoryId.O25_WORD_ADDED
    )


def _can_precede_number(token: Token) -> bool:
    """Whether a single letter after this word is a number of its own kind: ``Series A``, ``Fund IV-A``."""
    return token.key in load_lexicon().series_heads or _is_number(token)


def _detect_truncation(
    left: tuple[Token, ...], right: tuple[Token, ...], alignment: TokenAlignment
) -> Finding | None:
    """One name cut off by a field's length: all of it begins the other, 28 characters or more, mid-word."""
    one, other = join_keys(left), join_keys(right)
    if min(len(one), len(other)) < 24 or len(one) == len(other) or alignment.moves:
        return None
    if not (one.startswith(other) or other.startswith(one)):
        return None
    short, long = (left, right) if len(one) < len(other) else (right, left)
    last = short[-1].key
    counterpart = long[len(short) - 1].key if len(long) >= len(short) else ""
    if last == counterpart or not counterpart.startswith(last) or _is_number(long[len(short) - 1]):
        return None
    return _build_spanning_finding((left[-1],), (right[-1],), CategoryId.O38_TRUNCATION)


def join_keys(tokens: tuple[Token, ...]) -> str:
    """Keys of the tokens without spaces."""
    return "".join([token.key for token in tokens])


def _list_keys(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple([token.key for token in tokens])
