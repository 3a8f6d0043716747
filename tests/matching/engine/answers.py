"""The digest of the engine's answers: every pair explained and scored under every profile, byte for byte.

A change that only makes the engine faster leaves it as it was, and so does the compiled engine:
``python -m tests.matching.engine.answers pairs.csv [10]`` prints a line for each profile. The file has the
columns ``name_a`` and ``name_b``; with 10 behind it every tenth pair is asked.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from matching.engine import compare, compare_profiles, score_many, score_many_with_reasons
from matching.engine.profiles import ALL_PROFILE_IDS, REGISTRY_PROFILE_IDS
from matching.engine.results import Comparison
from tests.matching.engine.corpus import NAMES

Pairs = Sequence[tuple[str, str]]
_SWAPPED_PROFILES = ("ucc", "strict", "registry-in")
"""Profiles under which the pairs are asked with their sides exchanged as well."""
_PART = 2_000


def list_corpus_pairs() -> Pairs:
    """Return the invented names beside themselves in capitals, beside their neighbours and beside a part."""
    names = sorted(NAMES)
    capitals = [(name, name.upper()) for name in names]
    neighbours = list(pairwise(names))
    return [*capitals, *neighbours, *[(name, name.rsplit(" ", 1)[0]) for name in names]]


def compute_digests(pairs: Pairs) -> dict[str, str]:
    """Return the SHA-256 of all answers on the pairs, by profile."""
    digests = {profile: hashlib.sha256() for profile in ALL_PROFILE_IDS}
    for profile, answer in _list_answers(pairs):
        digests[profile].update(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return {profile: digest.hexdigest() for profile, digest in digests.items()}


def _list_answers(pairs: Pairs) -> Iterator[tuple[str, Any]]:
    for left, right in pairs:
        for profile, answer in _explain(left, right):
            yield profile, answer
    for profile in ALL_PROFILE_IDS:
        yield profile, list(map(repr, score_many(pairs, profile)))
        yield profile, list(map(repr, score_many_with_reasons(pairs, profile)))


def _explain(left: str, right: str) -> Iterator[tuple[str, Any]]:
    try:
        everywhere = compare_profiles(left, right)
    except ValueError as error:
        yield "general", repr(error)
        return
    for profile, comparison in everywhere.items():
        yield profile, _serialise(comparison)
    for profile in REGISTRY_PROFILE_IDS:
        yield profile, _serialise(compare(left, right, profile))
    for profile in _SWAPPED_PROFILES:
        yield profile, _serialise(compare(right, left, profile))


def _serialise(comparison: Comparison) -> list[Any]:
    return [comparison.to_dict(), list(map(float, comparison.features))]


def _read_parts(path: Path, every: int) -> Iterator[Pairs]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = ((row["name_a"], row["name_b"]) for row in islice(csv.DictReader(file), 0, None, every))
        while part := list(islice(rows, _PART)):
            yield part


def main() -> None:
    """Print the digest of the answers on a file of pairs, by profile."""
    totals = {profile: hashlib.sha256() for profile in ALL_PROFILE_IDS}
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with ProcessPoolExecutor(2) as pool:
        for digests in pool.map(compute_digests, _read_parts(Path(sys.argv[1]), every)):
            for profile, digest in digests.items():
                totals[profile].update(digest.encode())
    for profile, total in totals.items():
        sys.stdout.write(f"{profile:15}{total.hexdigest()}\n")


if __name__ == "__main__":
    main()
