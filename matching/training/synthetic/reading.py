"""Reader of labelled pairs: columns ``name_a, name_b, label`` and optionally ``kind, source, note``.

In the file **label 1 means the same name**; here ``material`` is true when the names differ in law. The
conversion happens in this module and nowhere else.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from matching.engine.text import tokenise
from matching.engine.types import EngineError
from matching.training.synthetic.pairs import LabelledPair, PairsFileError

REQUIRED_COLUMNS = ("name_a", "name_b", "label")
_KINDS = {
    "org": "organisation",
    "organisation": "organisation",
    "person": "individual",
    "individual": "individual",
    "": "auto",
    "auto": "auto",
}
_ENTITY_ID = re.compile(r"(cik|edinet|sdn|ent|id)=([A-Za-z0-9]+)|^(Q\d+|[A-Z]\d{6}|[\d./-]{14,18})$")


class _DisjointSets:
    """Union-find over names and entity ids."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        """Return the representative of the group."""
        root = key
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        while self._parent[key] != root:
            self._parent[key], key = root, self._parent[key]
        return root

    def union(self, one: str, two: str) -> None:
        """Merge both groups; the smaller of the two names represents the result."""
        first, second = sorted((self.find(one), self.find(two)))
        self._parent[second] = first


def read_pairs(path: Path, weight: float = 1.0) -> list[LabelledPair]:
    """Read all pairs of a labelled CSV file (UTF-8, header line).

    ``entity`` is found by joining, over the whole file, every entity id in ``note`` and every normalised
    name that stands in a pair labelled as the same, and each name with itself: no entity is in two groups.
    Raises :class:`PairsFileError` with the line number for a missing file or column, a label other than 0
    or 1, an unknown kind, an empty name.
    """
    rows = list(_read_rows(path, weight))
    return list(_assign_entities(rows))


def _read_rows(path: Path, weight: float) -> Iterator[tuple[LabelledPair, str]]:
    for line, row in _read_lines(path):
        yield _parse_pair(path, line, row, weight), row.get("note") or ""


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in REQUIRED_COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise PairsFileError(f"{path.name}: the header has no column {', '.join(missing)}.")
            for row in reader:
                yield reader.line_num, row
    except FileNotFoundError as error:
        raise PairsFileError(f"{path} does not exist.") from error
    except UnicodeDecodeError as error:
        raise PairsFileError(f"{path.name} is not UTF-8 text (byte {error.start}).") from error
    except csv.Error as error:
        raise PairsFileError(f"{path.name} is not a readable CSV file: {error}.") from error


def _parse_pair(path: Path, line: int, row: dict[str, str], weight: float) -> LabelledPair:
    left, right, label = (row.get(column) for column in REQUIRED_COLUMNS)
    if not (left or "").strip() or not (right or "").strip():
        raise PairsFileError(f"{path.name}, line {line}: a name is empty.")
    if label not in ("0", "1"):
        raise PairsFileError(f"{path.name}, line {line}: the label must be 1 (same) or 0 (different).")
    kind = (row.get("kind") or "").strip().lower()
    if kind not in _KINDS:
        raise PairsFileError(f"{path.name}, line {line}: the kind must be org or person.")
    tag = re.split(r"[;|]", row.get("note") or "")[0].strip() or "untagged"
    source = row.get("source") or path.stem
    return LabelledPair(left or "", right or "", label == "0", _KINDS[kind], tag, "", weight, source)


def build_name_key(name: str) -> str:
    """Return the key by which names are grouped: comparison keys, or the case-folded text."""
    try:
        return " ".join(tokenise.tokenise_name(name).keys)
    except EngineError:
        return name.strip().casefold()


def _assign_entities(rows: Iterable[tuple[LabelledPair, str]]) -> Iterator[LabelledPair]:
    rows = list(rows)
    groups = _DisjointSets()
    for pair, note in rows:
        for key, next_key in pairwise(_list_group_keys(pair, note)):
            groups.union(key, next_key)
    for pair, _ in rows:
        entity = groups.find(f"name {build_name_key(pair.left)}")
        yield replace(pair, entity=entity, right_entity=groups.find(f"name {build_name_key(pair.right)}"))


def _list_group_keys(pair: LabelledPair, note: str) -> list[str]:
    """Return the keys that one row ties together: both names of one entity, and the ids of its note."""
    names = [f"name {build_name_key(pair.left)}"]
    if pair.material:
        return names
    ids = [
        f"id {match.group()}"
        for part in re.split(r"[;|]", note)
        if (match := _ENTITY_ID.search(part.strip()))
    ]
    return [*names, f"name {build_name_key(pair.right)}", *ids]
