"""The choice of the sentence on a difference: the one whose claim is true of these two names.

A category has one sentence, and other ones for the cases in which that sentence would be false (``data/
case_explanations.yaml``): the words that stand in another order are the same words or only some of them, the
surnames of two people with other given names are the same or not. The choice changes no verdict.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz.distance import OSA

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.legal_forms.finder import find_legal_forms
from matching.engine.person.doubt import has_other_ending, is_given_name
from matching.engine.person.lexicon import are_listed_variants, load_name_lists
from matching.engine.profiles import CaseText, load_case_explanations, load_categories
from matching.engine.search_logic import build_text_key
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.real_words import is_surname
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import Finding, Span

_MAX_TYPO_SHARE: Final = 3
"""A slip of the pen changes at most one letter in three."""


@dataclass
class PairContext:
    """A finding with the two names it is from and the categories of all findings of the pair."""

    finding: Finding
    left: TokenisedName
    right: TokenisedName
    categories: frozenset[CategoryId]

    @property
    def is_two_sided(self) -> bool:
        """Whether the difference has a text on both sides."""
        return self.finding.span1 is not None and self.finding.span2 is not None

    @property
    def texts(self) -> tuple[str, str]:
        """The letters and digits of both texts."""
        return _read_key(self.left, self.finding.span1), _read_key(self.right, self.finding.span2)


def _read_key(name: TokenisedName, span: Span | None) -> str:
    return build_text_key(name.raw[span[0] : span[1]]).lower() if span else ""


def choose_sentence_key(
    finding: Finding, categories: frozenset[CategoryId], left: TokenisedName, right: TokenisedName
) -> str:
    """Return the key of the sentence on a finding: ``O27/part``, or the category where its sentence holds.

    ``categories`` are those of all findings of the pair.
    """
    category = finding.category
    choose = None if finding.detail == CategoryCase.TOO_COMPLEX else _VARIANTS.get(category)
    if choose:
        variant = choose(PairContext(finding, left, right, categories))
        if variant:
            return f"{category}/{variant}"
    key = f"{category}/{finding.detail}"
    return key if key in load_case_explanations() else str(category)


@cache
def get_sentence(key: str) -> CaseText:
    """Return the title and the sentence of a key."""
    category = load_categories()[key[:3]]
    case = load_case_explanations().get(key)
    if case is None:
        return CaseText(category.title, category.explanation)
    return CaseText(case.title or category.title, case.explanation)


def _choose_added(context: PairContext) -> str:
    """Say where the word stands in the other name, or that it is no distinctive word."""
    if context.is_two_sided:
        return "joined" if context.finding.category is CategoryId.O24_GROUP_ROLE_WORD else ""
    is_left = context.finding.span1 is not None
    own, other = (context.left, context.right) if is_left else (context.right, context.left)
    span = context.finding.span1 or context.finding.span2 or (0, 0)
    keys = [token.key for token in own.tokens if span[0] <= token.start and token.end <= span[1]]
    is_elsewhere = all(own.keys.count(key) <= other.keys.count(key) for key in keys)
    if keys and (is_elsewhere or _is_written_inside(keys, other)):
        return "elsewhere"
    if context.finding.category is not CategoryId.O25_WORD_ADDED or len(keys) != 1:
        return ""
    text = own.raw[slice(*span)]
    return "sign" if not any(char.isalnum() for char in text) else _choose_small_or_form(keys[0])


def _choose_punctuation(context: PairContext) -> str:
    one, other = context.texts
    return "" if one == other else "sign"


def _choose_accents(context: PairContext) -> str:
    """Say that letters print alike, or differ by width alone, where no accent differs."""
    finding = context.finding
    if not (finding.span1 and finding.span2):
        return ""
    one = context.left.raw[slice(*finding.span1)].casefold()
    other = context.right.raw[slice(*finding.span2)].casefold()
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return "encoding"
    same_width = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    return "width" if same_width else ""


def _choose_ampersand(context: PairContext) -> str:
    finding = context.finding
    if not (finding.span1 and finding.span2):
        return ""
    sign, other = context.left.raw[slice(*finding.span1)], context.right.raw[slice(*finding.span2)]
    is_same = unicodedata.normalize("NFKC", sign) == unicodedata.normalize("NFKC", other)
    return "width" if is_same else ""


def _choose_article(context: PairContext) -> str:
    """Say whether it is a form of address, or an article after the name as an index puts it."""
    if not any(text in load_lexicon().articles for text in context.texts):
        return "address"
    if context.is_two_sided:
        return "elsewhere"
    spans = ((context.left, context.finding.span1), (context.right, context.finding.span2))
    return "last" if any(span and span[0] > name.tokens[0].start for name, span in spans) else ""


def _choose_missing_form(context: PairContext) -> str:
    return "both" if context.is_two_sided else _choose_added(context)


def _is_written_inside(keys: list[str], other: TokenisedName) -> bool:
    """Return whether a script without spaces has the word inside a longer one."""
    word = "".join(keys)
    return not word.isascii() and word in "".join(other.keys)


def _choose_small_or_form(key: str) -> str:
    words = load_lexicon()
    if key in words.particles or key in words.articles or key in words.connectors:
        return "small"
    return "form" if _is_form(key) else ""


def _is_form(key: str) -> bool:
    return any(form.first == 1 for form in find_legal_forms(("x", key)))


def _choose_replaced(context: PairContext) -> str:
    kinds = {_choose_small_or_form(text) for text in context.texts}
    return "form" if "form" in kinds else "small" if "small" in kinds else ""


def _choose_typo(context: PairContext) -> str:
    return "form" if any(_is_form(text) for text in context.texts) else ""


def _choose_order(context: PairContext) -> str:
    return "" if sorted(context.left.keys) == sorted(context.right.keys) else "part"


def _choose_truncation(context: PairContext) -> str:
    short, long = sorted(
        (
            _read_key(context.left, (0, len(context.left.raw))),
            _read_key(context.right, (0, len(context.right.raw))),
        ),
        key=len,
    )
    return "" if long.startswith(short) else "inside"


def _choose_given_spelling(context: PairContext) -> str:
    one, other = context.texts
    if context.finding.detail == CategoryCase.GENDER:
        return ""
    if context.finding.detail == CategoryCase.DISTINCT_NAMES:
        return "" if _are_known(one, other) else "short"
    is_listed = any(are_listed_variants(kind, one, other) for kind in ("spelling", "transliteration"))
    return "" if is_listed else "near"


def _are_known(one: str, other: str) -> bool:
    lists = load_name_lists()
    return all(
        key in lists.given or key in lists.surnames or is_given_name(key) or is_surname(key)
        for key in (one, other)
    )


def _choose_surname_spelling(context: PairContext) -> str:
    one, other = context.texts
    detail = context.finding.detail
    if detail == CategoryCase.DISTINCT_NAMES and not _are_known(one, other):
        return "ending" if has_other_ending(one, other) else "short"
    if detail in (CategoryCase.GENDER, CategoryCase.DISTINCT_NAMES):
        return ""
    short, long = sorted((one, other), key=len)
    if len(short) == 1 and long.startswith(short):
        return "initial"
    if detail in ("nickname", "prefix") or long.startswith(short):
        return "prefix" if long.startswith(short) else "similar"
    return "" if _is_typo(one, other) else "similar"


def _is_typo(one: str, other: str) -> bool:
    return OSA.distance(one, other) <= max(1, max(len(one), len(other)) // _MAX_TYPO_SHARE)


def _choose_other_given(context: PairContext) -> str:
    return "" if context.categories.isdisjoint(_SURNAME_CATEGORIES) else "strangers"


def _choose_other_surname(context: PairContext) -> str:
    if context.finding.detail in (CategoryCase.BIRTH_NAME, "birth name"):
        return ""
    if CategoryId.I11_GIVEN_DIFFERENT in context.categories:
        return "strangers"
    return "" if context.categories.isdisjoint(_GIVEN_CATEGORIES) else "partly"


_SURNAME_CATEGORIES: Final = frozenset(
    {CategoryId.I10_SURNAME_TYPO, CategoryId.I15_SURNAME_CHANGED, CategoryId.I26_MONONYM}
)
_GIVEN_CATEGORIES: Final = frozenset(
    {
        CategoryId.I04_FIRST_INITIAL,
        CategoryId.I08_NICKNAME,
        CategoryId.I09_GIVEN_SPELLING,
        CategoryId.I21_MIDDLE_AS_FIRST,
        CategoryId.I26_MONONYM,
    }
)


def _choose_transliteration(context: PairContext) -> str:
    one, other = context.texts
    return "joined" if one == other else ""


def _choose_both_sides(context: PairContext) -> str:
    """Say that both sides have one and they differ, where the sentence of the category says one side has."""
    if context.finding.detail in (CategoryCase.GENDER, CategoryCase.OTHER_PARTICLE):
        return ""
    return "both" if context.is_two_sided else ""


def _choose_capacity(context: PairContext) -> str:
    if context.is_two_sided:
        return "both"
    return "estate" if any(text.startswith("estate") for text in context.texts) else ""


_VARIANTS: Final[dict[CategoryId, Callable[[PairContext], str]]] = {
    CategoryId.O03_PUNCTUATION: _choose_punctuation,
    CategoryId.O04_AMPERSAND: _choose_ampersand,
    CategoryId.O05_AND_OMITTED: _choose_added,
    CategoryId.O06_DIACRITICS: _choose_accents,
    CategoryId.O07_LEADING_ARTICLE: _choose_article,
    CategoryId.O11_FORM_MISSING: _choose_missing_form,
    CategoryId.O14_NOISE_WORD_INSIDE: _choose_added,
    CategoryId.O17_TYPO_ORDINARY_WORD: _choose_typo,
    CategoryId.O18_TYPO_DISTINCTIVE_WORD: _choose_typo,
    CategoryId.O24_GROUP_ROLE_WORD: _choose_added,
    CategoryId.O25_WORD_ADDED: _choose_added,
    CategoryId.O26_WORD_REPLACED: _choose_replaced,
    CategoryId.O27_WORD_ORDER: _choose_order,
    CategoryId.O38_TRUNCATION: _choose_truncation,
    CategoryId.I02_DIACRITICS: _choose_accents,
    CategoryId.I03_FIELD_ORDER: _choose_order,
    CategoryId.I05_MIDDLE_ABSENT: _choose_added,
    CategoryId.I09_GIVEN_SPELLING: _choose_given_spelling,
    CategoryId.I10_SURNAME_TYPO: _choose_surname_spelling,
    CategoryId.I11_GIVEN_DIFFERENT: _choose_other_given,
    CategoryId.I14_TITLE: _choose_both_sides,
    CategoryId.I15_SURNAME_CHANGED: _choose_other_surname,
    CategoryId.I16_HYPHENATED_PART_MISSING: _choose_added,
    CategoryId.I17_DOUBLE_SURNAME: _choose_added,
    CategoryId.I18_PARTICLE: _choose_both_sides,
    CategoryId.I20_TRANSLITERATION: _choose_transliteration,
    CategoryId.I22_ALIAS: _choose_both_sides,
    CategoryId.I23_CAPACITY: _choose_capacity,
    CategoryId.I24_JOINT_NAMES: _choose_both_sides,
    CategoryId.I26_MONONYM: _choose_both_sides,
}
