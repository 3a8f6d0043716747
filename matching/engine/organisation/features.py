"""Named numeric features of a pair of organisation names; all a model ever sees of it."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.categories import CategoryId
from matching.engine.legal_forms.registry import load_form_register
from matching.engine.legal_forms.relation import FormRelation
from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.person.lexicon import compute_surprisal
from matching.engine.text import numbers
from matching.engine.text.cjk import match_readings
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.phonetics import is_romaji, normalise_romanisation
from matching.engine.text.tokenise import Token, get_script, join_keys, romanise_token
from matching.engine.text.word_relation import fold_cross_script_consonants, measure_misspelling

ORGANISATION_FEATURES: dict[str, tuple[int, str]] = {
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

_COUNT_FEATURES = {
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
_FORM_FEATURES = {
    FormRelation.MISSING: "form_missing",
    FormRelation.DIFFERENT: "form_different",
    FormRelation.SHARED_CODE: "form_different",
    FormRelation.MARKER: "form_marker",
    FormRelation.STACKED: "form_stacked",
    FormRelation.TRANSLATION: "form_translated",
    FormRelation.AMBIGUOUS: "form_translated",
}
_FLAG_FEATURES = {
    CategoryId.O20_NUMBER: "number_conflict",
    CategoryId.O22_GEOGRAPHIC_QUALIFIER: "place_conflict",
    CategoryId.O24_GROUP_ROLE_WORD: "role_added",
}
_ADDED_CATEGORIES = frozenset(
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
_PART_CATEGORIES = frozenset(
    {
        CategoryId.O23_PLACE_OF_ORGANISATION,
        CategoryId.O29_TRADE_NAME_APPENDED,
        CategoryId.O30_TRADE_NAME_ALONE,
        CategoryId.O31_FORMER_NAME,
        CategoryId.O34_DIVISION,
        CategoryId.O35_CAPACITY,
        CategoryId.O40_ANNOTATION,
    }
)


def compute_organisation_features(account: OrganisationComparison) -> dict[str, float]:
    """Features of a compared pair; absent names mean 0."""
    found: dict[str, float] = {}
    form = _FORM_FEATURES.get(account.form_relation)
    if form:
        found[form] = 1.0
    if form == "form_translated" and not account.is_cross_script and _is_another_form(account):
        found["form_different"] = 1.0
    _count_findings(account, found)
    _measure_stems(account, found)
    _measure_slips(account, found)
    if account.is_cross_script:
        _measure_scripts(account, found)
    if (account.left.article_index is None) != (account.right.article_index is None):
        found["article"] = 1.0
    return found


def _is_another_form(account: OrganisationComparison) -> bool:
    """Whether a translated form is another one in law: where registers write Latin letters, GmbH is not Ltd.

    Registers in other scripts have no Latin form of their own, so OOO and LLC may well be one.
    """
    if account.form_relation is FormRelation.AMBIGUOUS:
        return True
    forms = {form.families for name in (account.left, account.right) for form in name.forms}
    return any(_is_latin(families) for families in forms if _ENGLISH_FORM_IDS.isdisjoint(families))


@lru_cache(maxsize=4_096)
def _is_latin(families: tuple[str, ...]) -> bool:
    """Whether all registers that know one of the forms write Latin letters."""
    known = load_form_register().families
    places = {place[:2] for family in families for place in known[family].jurisdictions}
    return places.isdisjoint(_NON_LATIN_COUNTRIES)


_ENGLISH_FORM_IDS = frozenset(
    ["ltd", "llc", "coltd", "jsc", "plc", "corp", "inc", "co", "corpltd", "lp", "llp"]
)
"""Forms that registers in other scripts use in English."""

_NON_LATIN_COUNTRIES = frozenset(
    [
        "RU",
        "UA",
        "BY",
        "KZ",
        "KG",
        "UZ",
        "TJ",
        "BG",
        "RS",
        "MK",
        "GR",
        "CY",
        "IL",
        "IR",
        "AE",
        "SA",
        "KW",
        "QA",
        "BH",
        "OM",
        "EG",
        "JO",
        "LB",
        "SY",
        "IQ",
        "YE",
        "LY",
        "JP",
        "CN",
        "TW",
        "HK",
        "KR",
        "TH",
        "KH",
        "LA",
        "MM",
        "GE",
        "AM",
        "MN",
    ]
)
"""Countries whose registers write another script."""


def _count_findings(account: OrganisationComparison, found: dict[str, float]) -> None:
    for finding in account.findings:
        category = finding.category
        name = _COUNT_FEATURES.get(category)
        if name:
            found[name] = min(5.0, found.get(name, 0.0) + 1)
        if category in _ADDED_CATEGORIES and (finding.span1 is None or finding.span2 is None):
            found["added"] = min(5.0, found.get("added", 0.0) + 1)
            found["added_rarity"] = max(found.get("added_rarity", 0.0), finding.weight)
        if category == CategoryId.O26_WORD_REPLACED:
            found["replaced_rarity"] = max(found.get("replaced_rarity", 0.0), finding.weight)
        flag = _FLAG_FEATURES.get(category)
        if flag:
            found[flag] = 1.0
        if category in _PART_CATEGORIES:
            found["part_added"] = 1.0


def _measure_stems(account: OrganisationComparison, found: dict[str, float]) -> None:
    left, right = account.stem_left, account.stem_right
    one, other = join_keys(left), join_keys(right)
    if one != other:
        found["stem_distance"] = 1 - fuzz.ratio(one, other) / 100
        found["stem_jaro_distance"] = 1 - JaroWinkler.similarity(one, other)
        found["sorted_distance"] = 1 - fuzz.ratio(_join_sorted_keys(left), _join_sorted_keys(right)) / 100
        _measure_coverage(account, found)
    short = min(left, right, key=len)
    found["stem_words"] = min(8.0, len(short))
    found["stem_letters"] = min(40.0, len(one), len(other))
    found["stem_rarity"] = min(5.0, sum([compute_rarity(token.key) for token in short]))
    if not (one.isascii() and other.isascii()):
        found["not_latin"] = 1.0


def _measure_coverage(account: OrganisationComparison, found: dict[str, float]) -> None:
    """Share of what the words say that stands on one side only."""
    open_left = [i for gap in account.alignment.gaps for i in gap.left]
    open_right = [j for gap in account.alignment.gaps for j in gap.right]
    left = _compute_uncovered_share(account.stem_left, open_left)
    right = _compute_uncovered_share(account.stem_right, open_right)
    found["uncovered"] = max(left, right)
    found["uncovered_smaller"] = min(left, right)


def _compute_uncovered_share(tokens: tuple[Token, ...], open_: list[int]) -> float:
    if not open_:
        return 0.0
    weights = [0.05 + compute_rarity(token.key) for token in tokens]
    return sum([weights[index] for index in open_]) / sum(weights)


def _measure_slips(account: OrganisationComparison, found: dict[str, float]) -> None:
    pairs = [
        (account.stem_left[match.left_start], account.stem_right[match.right_start])
        for match in account.alignment.matches
        if match.relation
        and match.relation.category
        in (CategoryId.O17_TYPO_ORDINARY_WORD, CategoryId.O18_TYPO_DISTINCTIVE_WORD, CategoryId.O19_HOMOPHONE)
    ]
    if not pairs:
        return
    shapes = [measure_misspelling(one.key, other.key) for one, other in pairs]
    found["slip_edits"] = min(5.0, max(shape.edits for shape in shapes))
    found["slip_distance"] = max(
        shape.edits / max(len(one.key), len(other.key))
        for shape, (one, other) in zip(shapes, pairs, strict=True)
    )
    found["slip_shortness"] = 1 / min(shape.shorter_length for shape in shapes)
    found["slip_transposed"] = float(all(shape.is_transposition for shape in shapes))
    found["slip_first_letter"] = float(any(shape.first_letter_differs for shape in shapes))
    found["slip_vowels_only"] = float(all(shape.only_vowels_differ for shape in shapes))
    found["slip_doubled"] = float(all(shape.only_doubling_differs for shape in shapes))
    found["slip_same_reading"] = float(
        all(normalise_romanisation(one.key) == normalise_romanisation(other.key) for one, other in pairs)
    )
    found["slip_reading_edits"] = min(
        5.0,
        max(
            OSA.distance(normalise_romanisation(one.key), normalise_romanisation(other.key))
            for one, other in pairs
        ),
    )
    found["slip_finger"] = min(shape.typo_share for shape in shapes)
    found["slip_oddness"] = min(
        5.0, max(abs(compute_surprisal(one.key) - compute_surprisal(other.key)) for one, other in pairs)
    )
    found["slip_last_letter"] = float(all(one.key[:-1] == other.key[:-1] for one, other in pairs))
    found["slip_japanese"] = float(any(is_romaji(one.key) and is_romaji(other.key) for one, other in pairs))
    found["slip_unspaced"] = float(any(get_script(one.text[0]) in _UNSPACED_SCRIPTS for one, _ in pairs))
    found["slip_both_known"] = float(any(shape.both_known for shape in shapes))
    found["slip_one_known"] = float(all(shape.one_known for shape in shapes))
    found["slip_rarity"] = min(
        min(compute_rarity(one.key), compute_rarity(other.key)) for one, other in pairs
    )
    found["slip_only_word"] = float(_is_only_distinctive(account, pairs))


_UNSPACED_SCRIPTS = frozenset({"han", "kana", "hangul"})


def _is_only_distinctive(account: OrganisationComparison, pairs: list[tuple[Token, Token]]) -> bool:
    slipped = {one.key for one, _ in pairs}
    rest = [
        token
        for token in account.stem_left
        if token.key not in slipped and token.key not in load_lexicon().particles
    ]
    return not any(
        compute_rarity(token.key) > 0.6 and numbers.parse_number(token.key) is None for token in rest
    )


def _measure_scripts(account: OrganisationComparison, found: dict[str, float]) -> None:
    one = "".join([romanise_token(token.text) for token in account.stem_left])
    other = "".join([romanise_token(token.text) for token in account.stem_right])
    found["script_crossed"] = 1.0
    found["script_distance"] = 1 - fuzz.ratio(one, other) / 100
    found["script_consonant_distance"] = (
        1 - fuzz.ratio(fold_cross_script_consonants(one), fold_cross_script_consonants(other)) / 100
    )
    scripts = account.left.text.scripts | account.right.text.scripts
    found["script_opaque"] = float("han" in scripts)
    if scripts & {"han", "kana"}:
        _measure_readings(account, one, other, found)


def _measure_readings(account: OrganisationComparison, one: str, other: str, found: dict[str, float]) -> None:
    """Look for the readings of the native side in the Latin one."""
    flipped = any(get_script(token.text[0]) in ("han", "kana") for token in account.stem_right)
    native = account.stem_right if flipped else account.stem_left
    reading = match_readings([token.text for token in native], one if flipped else other)
    found["script_unread"] = 1 - reading.native_coverage
    found["script_uncovered"] = 1 - reading.latin_coverage
    found["script_not_led"] = 1 - reading.first_word_score


def _join_sorted_keys(tokens: tuple[Token, ...]) -> str:
    return " ".join(sorted([token.key for token in tokens]))
