"""The named numeric features of a pair of organisation names; a model sees nothing else of it."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from matching.engine.categories import CategoryId
from matching.engine.legal_forms.registry import load_form_register
from matching.engine.legal_forms.relation import FormRelation
from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.organisation.misspelling_features import measure_misspellings
from matching.engine.organisation.script_features import measure_scripts
from matching.engine.text.lexicon import compute_rarity
from matching.engine.text.tokenise import Tokens, join_keys, list_keys
from matching.engine.types import Finding

ORGANISATION_FEATURES: Final[dict[str, tuple[int, str]]] = {
    "form_missing": (1, "one name carries no legal form"),
    "form_different": (1, "the legal forms differ"),
    "form_marker": (1, "the forms differ by a public, private or national marker"),
    "form_stacked": (1, "one name carries an additional ending"),
    "form_translated": (1, "the form is given in another language, or may be another one"),
    "stem_distance": (1, "1 - similarity of the stems without spaces (Indel), 0 to 1"),
    "stem_jaro_distance": (1, "1 - Jaro-Winkler similarity of the stems without spaces, 0 to 1"),
    "sorted_distance": (1, "1 - similarity of the stems with their words sorted, 0 to 1"),
    "uncovered": (1, "share of the stems' rarity that has no counterpart, 0 to 1"),
    "uncovered_smaller": (1, "the same for the better covered name"),
    "added_rarity": (1, "rarity of the rarest word that stands on one side only, 0 to 1"),
    "replaced_rarity": (1, "greatest rarity of words replaced by other words, 0 to 1"),
    "added": (1, "words on one side only, up to 5"),
    "replaced": (1, "words replaced, up to 5"),
    "moved": (1, "words at another place, up to 5"),
    "joined": (0, "words written together or apart, up to 5"),
    "number_conflict": (1, "numbers differ or stand on one side only"),
    "place_conflict": (1, "places differ or stand on one side only"),
    "role_added": (1, "a group-role word stands on one side only"),
    "abbreviated": (0, "ordinary words abbreviated, up to 5"),
    "acronym": (1, "initials for words"),
    "plural": (0, "singular for plural, up to 5"),
    "sound": (0, "words that sound alike, up to 5"),
    "lookalike": (0, "characters that look alike, up to 5"),
    "slips": (0, "words spelled differently, up to 5"),
    "slip_edits": (1, "most edits in one word, up to 5"),
    "slip_distance": (1, "greatest distance of a misspelt word, edits / letters, 0 to 1"),
    "slip_shortness": (1, "1 / letters of the shortest misspelt word"),
    "slip_transposed": (-1, "letters exchanged, none changed"),
    "slip_first_letter": (1, "the first letter differs"),
    "slip_vowels_only": (0, "only vowels differ"),
    "slip_doubled": (-1, "only doubled letters differ"),
    "slip_same_reading": (-1, "the spellings are usual renderings of one reading (Alfa, Alpha)"),
    "slip_reading_edits": (1, "most edits between the usual renderings of both spellings, up to 5"),
    "slip_finger": (-1, "least share of a word's edits that a finger or a scanner makes, 0 to 1"),
    "slip_oddness": (0, "greatest difference in how unlike a name the spellings are, up to 5"),
    "slip_last_letter": (0, "only the last letter differs"),
    "slip_japanese": (1, "both spellings are Japanese words in Latin letters"),
    "slip_unspaced": (1, "the words are written in Han characters, kana or Hangul"),
    "slip_both_known": (1, "both spellings are known words"),
    "slip_one_known": (-1, "one spelling is a known word"),
    "slip_rarity": (1, "least rarity of the misspelt words, 0 to 1"),
    "slip_only_word": (1, "the misspelt word is the only distinctive one"),
    "stem_words": (0, "words of the shorter stem, up to 8"),
    "stem_letters": (0, "letters of the shorter stem, up to 40"),
    "stem_rarity": (0, "rarity of all words of the shorter stem, summed, up to 5"),
    "part_added": (0, "something is appended on one side (trade name, capacity, annotation)"),
    "article": (0, "a leading article stands on one side only"),
    "script_crossed": (0, "the names are written in different scripts"),
    "script_distance": (1, "1 - similarity of the Latin renderings, 0 to 1; 0 within one script"),
    "script_consonant_distance": (1, "the same over consonants alone"),
    "script_opaque": (0, "one side is written in Han characters, which no rendering reads surely"),
    "script_unread": (
        1,
        "share of Han and kana characters without a reading in the Latin name, 0 to 1",
    ),
    "script_not_led": (
        1,
        "1 when the first word has no reading in the Latin name, 0.5 when it stands later there",
    ),
    "script_uncovered": (1, "share of the Latin letters that no reading accounts for, 0 to 1"),
    "not_latin": (0, "a name is written in another script than Latin"),
}
"""Feature name to (monotone direction: +1 more material, -1 less, 0 free; meaning with range)."""

_COUNT_FEATURES: Final = {
    CategoryId.O15_WORD_ABBREVIATED: "abbreviated",
    CategoryId.O16_ACRONYM: "acronym",
    CategoryId.O28_PLURAL: "plural",
    CategoryId.O19_HOMOPHONE: "sound",
    CategoryId.O39_LOOKALIKE: "lookalike",
    CategoryId.O02_WHITESPACE: "joined",
    CategoryId.O27_WORD_ORDER: "moved",
    CategoryId.O26_WORD_REPLACED: "replaced",
    CategoryId.O17_TYPO_ORDINARY_WORD: "slips",
    CategoryId.O18_TYPO_DISTINCTIVE_WORD: "slips",
}
_FORM_FEATURES: Final = {
    FormRelation.MISSING: "form_missing",
    FormRelation.DIFFERENT: "form_different",
    FormRelation.SHARED_CODE: "form_different",
    FormRelation.MARKER: "form_marker",
    FormRelation.STACKED: "form_stacked",
    FormRelation.TRANSLATION: "form_translated",
    FormRelation.AMBIGUOUS: "form_translated",
}
_FLAG_FEATURES: Final = {
    CategoryId.O20_NUMBER: "number_conflict",
    CategoryId.O22_GEOGRAPHIC_QUALIFIER: "place_conflict",
    CategoryId.O24_GROUP_ROLE_WORD: "role_added",
    CategoryId.O23_PLACE_OF_ORGANISATION: "part_added",
    CategoryId.O29_TRADE_NAME_APPENDED: "part_added",
    CategoryId.O30_TRADE_NAME_ALONE: "part_added",
    CategoryId.O31_FORMER_NAME: "part_added",
    CategoryId.O34_DIVISION: "part_added",
    CategoryId.O35_CAPACITY: "part_added",
    CategoryId.O40_ANNOTATION: "part_added",
}
_ADDED_CATEGORIES: Final = frozenset(
    {
        CategoryId.O05_AND_OMITTED,
        CategoryId.O14_NOISE_WORD_INSIDE,
        CategoryId.O20_NUMBER,
        CategoryId.O22_GEOGRAPHIC_QUALIFIER,
        CategoryId.O24_GROUP_ROLE_WORD,
        CategoryId.O25_WORD_ADDED,
        CategoryId.O37_DOMAIN_AFFIX,
    }
)
_MAX_COUNT: Final = 5.0
_MIN_WORD_WEIGHT: Final = 0.05
"""Weight of a word without any rarity in the share of a name that has no counterpart."""


def compute_organisation_features(comparison: OrganisationComparison) -> dict[str, float]:
    """Return the features of a compared pair by name; a name that is absent means 0."""
    return {
        **_measure_forms(comparison),
        **_count_findings(comparison.findings),
        **_measure_stems(comparison),
        **measure_misspellings(comparison),
        **measure_scripts(comparison),
        **_measure_articles(comparison),
    }


def _measure_forms(comparison: OrganisationComparison) -> dict[str, float]:
    name = _FORM_FEATURES.get(comparison.form_relation)
    features = {name: 1.0} if name else {}
    if name == "form_translated" and not comparison.is_cross_script and _is_another_form(comparison):
        features["form_different"] = 1.0
    return features


def _is_another_form(comparison: OrganisationComparison) -> bool:
    """Return whether a translated form is another one in law: among Latin registers, GmbH is not Ltd.

    Registers in other scripts have no Latin form of their own, so OOO and LLC may well be one form.
    """
    if comparison.form_relation is FormRelation.AMBIGUOUS:
        return True
    english = load_form_register().forms_used_in_english
    names = (comparison.left, comparison.right)
    forms = {form.families for name in names for form in name.forms}
    return any(_is_latin(families) for families in forms if english.isdisjoint(families))


@lru_cache(maxsize=4_096)
def _is_latin(families: tuple[str, ...]) -> bool:
    """Return whether all registers that know one of the forms write Latin letters."""
    register = load_form_register()
    places = {place[:2] for family in families for place in register.families[family].jurisdictions}
    return places.isdisjoint(register.non_latin_registers)


def _count_findings(findings: tuple[Finding, ...]) -> dict[str, float]:
    features: defaultdict[str, float] = defaultdict(float)
    for finding in findings:
        category = finding.category
        if name := _COUNT_FEATURES.get(category):
            features[name] = min(_MAX_COUNT, features[name] + 1)
        if category in _ADDED_CATEGORIES and (finding.span1 is None or finding.span2 is None):
            features["added"] = min(_MAX_COUNT, features["added"] + 1)
            features["added_rarity"] = max(features["added_rarity"], finding.weight)
        if category is CategoryId.O26_WORD_REPLACED:
            features["replaced_rarity"] = max(features["replaced_rarity"], finding.weight)
        if flag := _FLAG_FEATURES.get(category):
            features[flag] = 1.0
    return features


def _measure_stems(comparison: OrganisationComparison) -> dict[str, float]:
    left, right = comparison.stem_left, comparison.stem_right
    one, other = join_keys(left), join_keys(right)
    shorter = min(left, right, key=len)
    features = {
        "stem_words": min(8.0, len(shorter)),
        "stem_letters": min(40.0, len(one), len(other)),
        "stem_rarity": min(5.0, sum([compute_rarity(token.key) for token in shorter], 0.0)),
    }
    if one != other:
        features["stem_distance"] = 1 - fuzz.ratio(one, other) / 100
        features["stem_jaro_distance"] = 1 - JaroWinkler.similarity(one, other)
        sorted_ratio = fuzz.ratio(_join_sorted_keys(left), _join_sorted_keys(right))
        features["sorted_distance"] = 1 - sorted_ratio / 100
        features |= _measure_coverage(comparison)
    if not (one.isascii() and other.isascii()):
        features["not_latin"] = 1.0
    return features


def _join_sorted_keys(tokens: Tokens) -> str:
    return " ".join(sorted(list_keys(tokens)))


def _measure_coverage(comparison: OrganisationComparison) -> dict[str, float]:
    """Return the share of the stems' rarity that has no counterpart, of the worse and the better name."""
    gaps = comparison.alignment.gaps
    left = _compute_uncovered_share(comparison.stem_left, [i for gap in gaps for i in gap.left])
    right = _compute_uncovered_share(comparison.stem_right, [j for gap in gaps for j in gap.right])
    return {"uncovered": max(left, right), "uncovered_smaller": min(left, right)}


def _compute_uncovered_share(tokens: Tokens, uncovered: list[int]) -> float:
    if not uncovered:
        return 0.0
    weights = [_MIN_WORD_WEIGHT + compute_rarity(token.key) for token in tokens]
    return sum([weights[index] for index in uncovered], 0.0) / sum(weights, 0.0)


def _measure_articles(comparison: OrganisationComparison) -> dict[str, float]:
    differs = (comparison.left.article_index is None) != (comparison.right.article_index is None)
    return {"article": 1.0} if differs else {}
