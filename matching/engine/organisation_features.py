"""Named numeric features of a pair of organisation names; all a model ever sees of it."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine import numbers
from matching.engine.cjk import read_against
from matching.engine.form_register import load
from matching.engine.forms import Relation as FormRelation
from matching.engine.lexicon import lexicon, rarity
from matching.engine.organisation_compare import Account, compact
from matching.engine.person_lexicon import oddness
from matching.engine.sounds import is_romaji, roman_key
from matching.engine.text import Token, latin_key, script
from matching.engine.words import consonants, slip

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

_COUNTED = {
    "O15": "abbreviated",
    "O16": "acronym",
    "O28": "plural",
    "O19": "sound",
    "O39": "lookalike",
    "O02": "joined",
    "O27": "moved",
    "O26": "replaced",
    "O17": "slips",
    "O18": "slips",
}
_FORM = {
    FormRelation.MISSING: "form_missing",
    FormRelation.DIFFERENT: "form_different",
    FormRelation.SHARED_CODE: "form_different",
    FormRelation.MARKER: "form_marker",
    FormRelation.STACKED: "form_stacked",
    FormRelation.TRANSLATION: "form_translated",
    FormRelation.AMBIGUOUS: "form_translated",
}
_FLAGS = {"O20": "number_conflict", "O22": "place_conflict", "O24": "role_added"}
_ADDED = frozenset({"O05", "O14", "O20", "O22", "O24", "O25", "O37"})
_PARTS = frozenset({"O23", "O29", "O30", "O31", "O34", "O35", "O40"})


def organisation_features(account: Account) -> dict[str, float]:
    """Features of a compared pair; absent names mean 0."""
    found: dict[str, float] = {}
    form = _FORM.get(account.form)
    if form:
        found[form] = 1.0
    if form == "form_translated" and not account.crossed and _is_another_form(account):
        found["form_different"] = 1.0
    _count(account, found)
    _stems(account, found)
    _slips(account, found)
    if account.crossed:
        _scripts(account, found)
    if (account.left.article is None) != (account.right.article is None):
        found["article"] = 1.0
    return found


def _is_another_form(account: Account) -> bool:
    """Whether a translated form is another one in law: where registers write Latin letters, GmbH is not Ltd.

    Registers in other scripts have no Latin form of their own, so OOO and LLC may well be one.
    """
    if account.form is FormRelation.AMBIGUOUS:
        return True
    forms = {form.families for name in (account.left, account.right) for form in name.forms}
    return any(_is_latin(families) for families in forms if _ENGLISH.isdisjoint(families))


@lru_cache(maxsize=4_096)
def _is_latin(families: tuple[str, ...]) -> bool:
    """Whether all registers that know one of the forms write Latin letters."""
    known = load().families
    places = {place[:2] for family in families for place in known[family].jurisdictions}
    return places.isdisjoint(_OTHER_SCRIPTS)


_ENGLISH = frozenset(["ltd", "llc", "coltd", "jsc", "plc", "corp", "inc", "co", "corpltd", "lp", "llp"])
"""Forms that registers in other scripts use in English."""

_OTHER_SCRIPTS = frozenset(
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


def _count(account: Account, found: dict[str, float]) -> None:
    for finding in account.findings:
        category = finding.category
        name = _COUNTED.get(category)
        if name:
            found[name] = min(5.0, found.get(name, 0.0) + 1)
        if category in _ADDED and (finding.span1 is None or finding.span2 is None):
            found["added"] = min(5.0, found.get("added", 0.0) + 1)
            found["added_rarity"] = max(found.get("added_rarity", 0.0), finding.weight)
        if category == "O26":
            found["replaced_rarity"] = max(found.get("replaced_rarity", 0.0), finding.weight)
        flag = _FLAGS.get(category)
        if flag:
            found[flag] = 1.0
        if category in _PARTS:
            found["part_added"] = 1.0


def _stems(account: Account, found: dict[str, float]) -> None:
    left, right = account.stem_left, account.stem_right
    one, other = compact(left), compact(right)
    if one != other:
        found["stem_distance"] = 1 - fuzz.ratio(one, other) / 100
        found["stem_jaro_distance"] = 1 - JaroWinkler.similarity(one, other)
        found["sorted_distance"] = 1 - fuzz.ratio(_sorted(left), _sorted(right)) / 100
        _cover(account, found)
    short = min(left, right, key=len)
    found["stem_words"] = min(8.0, len(short))
    found["stem_letters"] = min(40.0, len(one), len(other))
    found["stem_rarity"] = min(5.0, sum([rarity(token.key) for token in short]))
    if not (one.isascii() and other.isascii()):
        found["not_latin"] = 1.0


def _cover(account: Account, found: dict[str, float]) -> None:
    """Share of what the words say that stands on one side only."""
    open_left = [i for gap in account.alignment.gaps for i in gap.left]
    open_right = [j for gap in account.alignment.gaps for j in gap.right]
    left = _share(account.stem_left, open_left)
    right = _share(account.stem_right, open_right)
    found["uncovered"] = max(left, right)
    found["uncovered_smaller"] = min(left, right)


def _share(tokens: tuple[Token, ...], open_: list[int]) -> float:
    if not open_:
        return 0.0
    weights = [0.05 + rarity(token.key) for token in tokens]
    return sum([weights[index] for index in open_]) / sum(weights)


def _slips(account: Account, found: dict[str, float]) -> None:
    pairs = [
        (account.stem_left[match.i], account.stem_right[match.j])
        for match in account.alignment.matches
        if match.relation and match.relation.category in ("O17", "O18", "O19")
    ]
    if not pairs:
        return
    shapes = [slip(one.key, other.key) for one, other in pairs]
    found["slip_edits"] = min(5.0, max(shape.edits for shape in shapes))
    found["slip_distance"] = max(
        shape.edits / max(len(one.key), len(other.key))
        for shape, (one, other) in zip(shapes, pairs, strict=True)
    )
    found["slip_shortness"] = 1 / min(shape.shortest for shape in shapes)
    found["slip_transposed"] = float(all(shape.transposed for shape in shapes))
    found["slip_first_letter"] = float(any(shape.first_letter for shape in shapes))
    found["slip_vowels_only"] = float(all(shape.vowels_only for shape in shapes))
    found["slip_doubled"] = float(all(shape.doubled for shape in shapes))
    found["slip_same_reading"] = float(
        all(roman_key(one.key) == roman_key(other.key) for one, other in pairs)
    )
    found["slip_reading_edits"] = min(
        5.0, max(OSA.distance(roman_key(one.key), roman_key(other.key)) for one, other in pairs)
    )
    found["slip_finger"] = min(shape.finger for shape in shapes)
    found["slip_oddness"] = min(5.0, max(abs(oddness(one.key) - oddness(other.key)) for one, other in pairs))
    found["slip_last_letter"] = float(all(one.key[:-1] == other.key[:-1] for one, other in pairs))
    found["slip_japanese"] = float(any(is_romaji(one.key) and is_romaji(other.key) for one, other in pairs))
    found["slip_unspaced"] = float(any(script(one.text[0]) in _UNSPACED for one, _ in pairs))
    found["slip_both_known"] = float(any(shape.both_known for shape in shapes))
    found["slip_one_known"] = float(all(shape.one_known for shape in shapes))
    found["slip_rarity"] = min(min(rarity(one.key), rarity(other.key)) for one, other in pairs)
    found["slip_only_word"] = float(_only_distinctive(account, pairs))


_UNSPACED = frozenset({"han", "kana", "hangul"})


def _only_distinctive(account: Account, pairs: list[tuple[Token, Token]]) -> bool:
    slipped = {one.key for one, _ in pairs}
    rest = [
        token
        for token in account.stem_left
        if token.key not in slipped and token.key not in lexicon().particles
    ]
    return not any(rarity(token.key) > 0.6 and numbers.value(token.key) is None for token in rest)


def _scripts(account: Account, found: dict[str, float]) -> None:
    one = "".join([latin_key(token.text) for token in account.stem_left])
    other = "".join([latin_key(token.text) for token in account.stem_right])
    found["script_crossed"] = 1.0
    found["script_distance"] = 1 - fuzz.ratio(one, other) / 100
    found["script_consonant_distance"] = 1 - fuzz.ratio(consonants(one), consonants(other)) / 100
    scripts = account.left.text.scripts | account.right.text.scripts
    found["script_opaque"] = float("han" in scripts)
    if scripts & {"han", "kana"}:
        _readings(account, one, other, found)


def _readings(account: Account, one: str, other: str, found: dict[str, float]) -> None:
    """Look for the readings of the native side in the Latin one."""
    flipped = any(script(token.text[0]) in ("han", "kana") for token in account.stem_right)
    native = account.stem_right if flipped else account.stem_left
    reading = read_against([token.text for token in native], one if flipped else other)
    found["script_unread"] = 1 - reading.found
    found["script_uncovered"] = 1 - reading.covered
    found["script_not_led"] = 1 - reading.led


def _sorted(tokens: tuple[Token, ...]) -> str:
    return " ".join(sorted([token.key for token in tokens]))
