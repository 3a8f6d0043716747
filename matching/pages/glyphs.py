"""Characters that the eye cannot tell: invisible ones, look-alikes, the letters in which words differ.

Pure. Texts are cut into segments; the segments of a text, joined, are that text exactly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from matching.engine.text.tokenise import build_confusable_skeleton, get_script, is_mixed_script

MIN_SIMILARITY = 0.5
"""Similarity from which two words are shown letter against letter; below it they are other words."""

_INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Zl", "Zp"})


class TextSegment(NamedTuple):
    """A run of characters.

    ``changed`` marks the letters in which two words differ; ``code`` names characters that deceive the eye
    (``U+0430 CYRILLIC SMALL LETTER A``); ``unseen`` says that nothing prints, so only the code can be shown.
    """

    text: str
    is_changed: bool = False
    code: str = ""
    is_invisible: bool = False

    @property
    def points(self) -> str:
        """The code points alone, for the place itself: ``U+0065 U+0301``."""
        return " ".join(f"U+{ord(char):04X}" for char in self.text) if self.code else ""


def split_segments(
    left: str, right: str, compare: bool
) -> tuple[tuple[TextSegment, ...], tuple[TextSegment, ...]]:
    """Cut two texts that stand for each other; ``compare`` marks the letters in which they differ."""
    clusters = _split_clusters(left), _split_clusters(right)
    changed = (
        _find_changes(*clusters) if compare else ([False] * len(clusters[0]), [False] * len(clusters[1]))
    )
    deceiving = _find_deceptive(clusters[0], right), _find_deceptive(clusters[1], left)
    return _merge_segments(clusters[0], changed[0], deceiving[0]), _merge_segments(
        clusters[1], changed[1], deceiving[1]
    )


def describe_code_points(text: str) -> str:
    """Code points and Unicode names of characters: ``U+200B ZERO WIDTH SPACE``."""
    return ", ".join(f"U+{ord(char):04X} {unicodedata.name(char, 'UNNAMED')}" for char in text)


def _split_clusters(text: str) -> list[str]:
    """Characters with the marks that sit on them; a bare mark at the start stands alone."""
    clusters: list[str] = []
    for char in text:
        if clusters and unicodedata.category(char) in ("Mn", "Mc", "Me") and not _is_invisible(clusters[-1]):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _is_invisible(cluster: str) -> bool:
    """Say whether a character leaves nothing on the page, or a space that is not the ordinary one."""
    return unicodedata.category(cluster[0]) in _INVISIBLE_CATEGORIES or (
        cluster[0].isspace() and cluster[0] != " "
    )


def _find_changes(left: list[str], right: list[str]) -> tuple[list[bool], list[bool]]:
    """Which letters differ, when the two words are alike enough for that to mean something."""
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
    """Which characters are taken for others: mixed scripts in a word, or a word that only looks the same."""
    text = "".join(clusters)
    if text == other:
        return [is_mixed_script(text) and _is_non_latin(cluster) for cluster in clusters]
    twin = (
        bool(other)
        and build_confusable_skeleton(text) == build_confusable_skeleton(other)
        and text.casefold() != other.casefold()
    )
    if twin and len(text) == len(other) == len(clusters):
        return [one != two and one.casefold() != two.casefold() for one, two in zip(text, other, strict=True)]
    composed = bool(other) and unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", other)
    return [
        (is_mixed_script(text) and _is_non_latin(cluster)) or (composed and len(cluster) > 1)
        for cluster in clusters
    ]


def _is_non_latin(cluster: str) -> bool:
    return cluster[0].isalpha() and get_script(cluster[0]) != "latin"


def _merge_segments(
    clusters: list[str], changed: list[bool], deceiving: list[bool]
) -> tuple[TextSegment, ...]:
    """Join neighbours that are drawn alike; characters with a code stand by themselves."""
    drawn: list[TextSegment] = []
    for segment in _build_segments(clusters, changed, deceiving):
        joins = (
            drawn and not segment.code and not drawn[-1].code and drawn[-1].is_changed == segment.is_changed
        )
        if joins:
            drawn[-1] = drawn[-1]._replace(text=drawn[-1].text + segment.text)
        else:
            drawn.append(segment)
    return tuple(drawn)


def _build_segments(clusters: list[str], changed: list[bool], deceiving: list[bool]) -> Iterator[TextSegment]:
    for cluster, differs, deceives in zip(clusters, changed, deceiving, strict=True):
        unseen = _is_invisible(cluster)
        code = describe_code_points(cluster) if unseen or deceives else ""
        yield TextSegment(cluster, differs, code, unseen)
