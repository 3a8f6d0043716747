"""What must hold for every pair of names, counted on generated pairs that no test and no training uses.

The suite asserts the same on names written by hand (``tests/matching/engine/test_properties.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from matching.engine import PROFILE_IDS, Comparison, Score, Verdict, compare_profiles, score_many
from matching.training.synthetic import LabelledPair, generate_pairs

_SEED, _PAIRS = 90_210, 3_000
_GRAVITY = (Verdict.IMMATERIAL, Verdict.REVIEW, Verdict.MATERIAL)
_TEXT_PROFILES = ("strict", "ucc")
_ANSWERS = 16

Holds = Callable[[LabelledPair], bool | None]
"""Whether a property holds for a pair; ``None`` where it says nothing about it."""


class _Property(NamedTuple):
    title: str
    holds: Holds


def report_properties(size: int = _PAIRS) -> Iterator[str]:
    """Yield the lines of the report: how many of ``size`` generated pairs break each property."""
    pairs = [pair for pair in generate_pairs(_SEED, size) if pair.left != pair.right]
    yield "## Properties\n"
    yield f"{len(pairs):,} generated pairs, of a seed that neither training nor the suite uses. Each property"
    yield "is checked under every profile; those on writing leave out `strict` and `ucc` (texts alone).\n"
    yield "| property | pairs | broken | first pair that breaks it |"
    yield "|---|---|---|---|"
    results: dict[str, list[bool | None]] = {title: [] for title, _ in _PROPERTIES}
    for pair in pairs:
        for title, holds in _PROPERTIES:
            results[title].append(holds(pair))
    results["a file gives the verdict of a single answer"] = [*_match_bulk(pairs)]
    for title, found in results.items():
        yield _format_row(
            title, [(pair, one) for pair, one in zip(pairs, found, strict=True) if one is not None]
        )
    yield ""


def _format_row(title: str, results: Sequence[tuple[LabelledPair, bool | None]]) -> str:
    broken = [pair for pair, result in results if not result]
    example = f"`{broken[0].left}` / `{broken[0].right}`" if broken else ""
    return f"| {title} | {len(results):,} | {len(broken):,} | {example} |"


@lru_cache(maxsize=_ANSWERS)
def _answer(left: str, right: str) -> dict[str, Comparison]:
    return dict(compare_profiles(left, right))


def _read(left: str, right: str) -> list[Verdict]:
    """Return the verdicts of the profiles that read more than the texts."""
    return [one.verdict for id_, one in _answer(left, right).items() if id_ not in _TEXT_PROFILES]


def _is_symmetric(pair: LabelledPair) -> bool:
    there, back = _answer(pair.left, pair.right), _answer(pair.right, pair.left)
    return all(
        there[id_].verdict is back[id_].verdict
        and sorted((item.category, item.text1, item.text2) for item in there[id_].differences)
        == sorted((item.category, item.text2, item.text1) for item in back[id_].differences)
        for id_ in there
    )


def _is_identity(pair: LabelledPair) -> bool:
    return all(
        one.verdict is Verdict.IMMATERIAL and not one.differences
        for one in _answer(pair.left, pair.left).values()
    )


def _lists_a_difference(pair: LabelledPair) -> bool:
    return all(
        one.differences and "identical" not in one.reason for one in _answer(pair.left, pair.right).values()
    )


def _has_no_verdict_harsher_than_strict(pair: LabelledPair) -> bool:
    verdicts = {id_: _GRAVITY.index(one.verdict) for id_, one in _answer(pair.left, pair.right).items()}
    return max(verdicts.values()) == verdicts["strict"]


def _ignores(rewrite: Callable[[str], str]) -> Holds:
    def holds(pair: LabelledPair) -> bool:
        return _read(rewrite(pair.left), rewrite(pair.right)) == _read(pair.left, pair.right)

    return holds


def _ignores_case(pair: LabelledPair) -> bool | None:
    """Say nothing of a name in which capitals mark the surname: there case means something."""
    if any(
        _marks_surname(name) or name.upper().casefold() != name.casefold() for name in (pair.left, pair.right)
    ):
        return None
    return _ignores(str.upper)(pair)


def _marks_surname(name: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", name)
    return 0 < sum(map(str.isupper, words)) < len(words)


_PROPERTIES = (
    _Property("exchanging the names exchanges the answer", _is_symmetric),
    _Property("a name is itself", _is_identity),
    _Property(
        "texts that differ have a listed difference, and are never called identical", _lists_a_difference
    ),
    _Property("no profile is harsher than `strict`", _has_no_verdict_harsher_than_strict),
    _Property("capitals throughout change no verdict", _ignores_case),
    _Property("double spaces change no verdict", _ignores(lambda name: name.replace(" ", "  "))),
    _Property("quotes around both names change no verdict", _ignores('"{}"'.format)),
    _Property("a comma behind both names changes no verdict", _ignores("{},".format)),
)


def _match_bulk(pairs: Sequence[LabelledPair]) -> list[bool]:
    """Return for each pair whether a file gives the single verdict, under every profile."""
    equal = [True] * len(pairs)
    for id_ in PROFILE_IDS:
        for at, score in enumerate(score_many([(pair.left, pair.right) for pair in pairs], id_)):
            alone = _answer(pairs[at].left, pairs[at].right)[id_]
            equal[at] &= isinstance(score, Score) and score.verdict is alone.verdict
    return equal
