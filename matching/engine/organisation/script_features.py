"""Features of two organisations' names in different scripts: how well one renders the other."""

from __future__ import annotations

from rapidfuzz import fuzz

from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.text.cjk import match_readings
from matching.engine.text.phonetics import fold_cross_script_consonants
from matching.engine.text.tokenise import Tokens, get_script, romanise_token

_HAN, _KANA = "han", "kana"


def measure_scripts(comparison: OrganisationComparison) -> dict[str, float]:
    """Return the ``script_`` features by name, empty when both names are written in one script."""
    if not comparison.is_cross_script:
        return {}
    left, right = _romanise(comparison.stem_left), _romanise(comparison.stem_right)
    consonants = fold_cross_script_consonants(left), fold_cross_script_consonants(right)
    scripts = comparison.left.text.scripts | comparison.right.text.scripts
    readings = _measure_readings(comparison, left, right) if scripts & {_HAN, _KANA} else {}
    return {
        "script_crossed": 1.0,
        "script_distance": 1 - fuzz.ratio(left, right) / 100,
        "script_consonant_distance": 1 - fuzz.ratio(*consonants) / 100,
        "script_opaque": float(_HAN in scripts),
        **readings,
    }


def _measure_readings(comparison: OrganisationComparison, left: str, right: str) -> dict[str, float]:
    """Return how much of the native name and of the Latin name the readings of the characters cover."""
    if _is_native(comparison.stem_right):
        native, latin = comparison.stem_right, left
    else:
        native, latin = comparison.stem_left, right
    reading = match_readings([token.text for token in native], latin)
    return {
        "script_unread": 1 - reading.native_coverage,
        "script_uncovered": 1 - reading.latin_coverage,
        "script_not_led": 1 - reading.first_word_score,
    }


def _is_native(tokens: Tokens) -> bool:
    return any(get_script(token.text[0]) in (_HAN, _KANA) for token in tokens)


def _romanise(tokens: Tokens) -> str:
    return "".join([romanise_token(token.text) for token in tokens])
