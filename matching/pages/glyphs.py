"""Segments of a name for display: invisible characters, look-alikes, the letters in which words differ.

Pure. Texts are split into segments; the segments of a text, joined, are that text exactly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from matching.engine.text.tokenise import build_confusable_skeleton, get_script, is_mixed_script

MIN_SIMILARITY = 0.5
"""Similarity in [0, 1] from which single letters are marked; below it the words are different ones."""

_INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Zl", "Zp"})


class TextSegment(NamedTuple):
    """A run of characters.

    ``is_changed`` marks letters in which two words differ; ``code`` names characters that look like others
    (``U+0430 CYRILLIC SMALL LETTER A``); ``is_invisible``: nothing prints, so only the code can be shown.
    """

    text: str
    is_changed: bool = False
    code: str = ""
    is_invisible: bool = False

    @property
    def points(self) -> str:
        """Code points without names, shown in the text: ``U+0065 U+0301``."""
        return " ".join(f"U+{ord(char):04X}" for char in self.text) if self.code else ""


def split_segments(
    left: str, right: str, compare: bool
) -> tuple[tuple[TextSegment, ...], tuple[TextSegment, ...]]:
    """Split two corresponding texts; ``compare`` marks the letters in which they differ."""
    clusters = _split_clusters(left), _split_clusters(right)
    changed = (
        _find_changes(*clusters) if compare else ([False] * len(clusters[0]), [False] * len(clusters[1]))
    )
    deceptive = _find_deceptive(clusters[0], right), _find_deceptive(clusters[1], left)
    return _merge_segments(clusters[0], changed[0], deceptive[0]), _merge_segments(
        clusters[1], changed[1], deceptive[1]
    )


def describe_code_points(text: str) -> str:
    """Return code points and Unicode names of characters: ``U+200B ZERO WIDTH SPACE``."""
    return ", ".join(f"U+{ord(char):04X} {unicodedata.name(char, 'UNNAMED')}" for char in text)


def _split_clusters(text: str) -> list[str]:
    """Return the characters with their combining marks; a mark without a character is one by itself."""
    clusters: list[str] = []
    for char in text:
        if clusters and unicodedata.category(char) in ("Mn", "Mc", "Me") and not _is_invisible(clusters[-1]):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _is_invisible(cluster: str) -> bool:
    """Say whether a character prints nothing, or is a space other than the ordinary one."""
    return unicodedata.category(cluster[0]) in _INVISIBLE_CATEGORIES or (
        cluster[0].isspace() and cluster[0] != " "
    )


def _find_changes(left: list[str], right: list[str]) -> tuple[list[bool], list[bool]]:
    """Return per character whether it differs; nothing is marked in words that are not similar."""
    marks = [False] * len(left), [False] * len(right)
    if not left or not right or Levenshtein.normalized_similarity(left, right) < MIN_SIMILARITY:
        return marks
    for block in Levenshtein.opcodes(left, right):
        if block.tag != "equal":
            for side, start, end in (
                (0, block.src_start, block.src_end),
                (1, block.dest_start, block.dest_end),
            ):
                marks[side][start:end] = [True] * (end - start)
    return marks


def _find_deceptive(clusters: list[str], other: str) -> list[bool]:
    """Return per character whether it looks like another: in mixed scripts, or in a look-alike word."""
    text = "".join(clusters)
    if text == other:
        return [is_mixed_script(text) and _is_non_latin(cluster) for cluster in clusters]
    twin = (
        bool(other)
        and build_confusable_skeleton(text) == build_confusable_skeleton(other)
        and text.casefold() != other.casefold()
    )
    if twin and len(text) == len(other) == len(clusters):
        return [
            char != other_char and char.casefold() != other_char.casefold()
            for char, other_char in zip(text, other, strict=True)
        ]
    composed = bool(other) and unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", other)
    return [
        (is_mixed_script(text) and _is_non_latin(cluster)) or (composed and len(cluster) > 1)
        for cluster in clusters
    ]


def _is_non_latin(cluster: str) -> bool:
    return cluster[0].isalpha() and get_script(cluster[0]) != "latin"


def _merge_segments(
    clusters: list[str], changed: list[bool], deceptive: list[bool]
) -> tuple[TextSegment, ...]:
    """Join neighbours of one style; a character with a code is a segment by itself."""
    merged: list[TextSegment] = []
    for segment in _build_segments(clusters, changed, deceptive):
        joins = (
            merged
            and not segment.code
            and not merged[-1].code
            and merged[-1].is_changed == segment.is_changed
        )
        if joins:
            merged[-1] = merged[-1]._replace(text=merged[-1].text + segment.text)
        else:
            merged.append(segment)
    return tuple(merged)


def _build_segments(clusters: list[str], changed: list[bool], deceptive: list[bool]) -> Iterator[TextSegment]:
    for cluster, differs, is_deceptive in zip(clusters, changed, deceptive, strict=True):
        is_invisible = _is_invisible(cluster)
        code = describe_code_points(cluster) if is_invisible or is_deceptive else ""
        yield TextSegment(cluster, differs, code, is_invisible)
