"""The hand-written pairs, group by group and profile by profile, beside the peer and a floor."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from matching.benchmark.speed import score_with_peer
from matching.engine import Comparison, Verdict, compare
from matching.training.evaluation import is_exact_match
from matching.training.practitioner import OUTCOMES, RIGHT, PractitionerPair, load_practitioner_pairs

Answer = tuple[PractitionerPair, Comparison]
VerdictOf = Callable[[int], Verdict]
"""The verdict of a contestant on the answer of an index."""


class _Contestant(NamedTuple):
    name: str
    outcomes: tuple[str, ...]


def report_practitioner_pairs(peer: Path | None, peer_threshold: float) -> Iterator[str]:
    """Yield the lines of the report; ``peer`` is the Python of the peer's environment."""
    answers = list(compare_practitioner_pairs())
    contestants = [_Contestant("this engine", tuple(row.classify(found.verdict) for row, found in answers))]
    if peer:
        contestants.append(_Contestant("logic-v2", tuple(_classify_peer(answers, peer, peer_threshold))))
    contestants.append(_Contestant("exact after normalisation", tuple(_classify_exact(answers))))
    yield f"## Hand-written pairs ({len(answers):,} rows)\n"
    yield "Each row has the verdicts that a careful practitioner accepts under its profile. *Dangerous* is"
    yield "an *immaterial* that is not accepted. **These rows were seen while the rules were written**;"
    yield "unseen rows show more errors. Contestants without a review always decide."
    yield "That order of the names, case, marks, or file and single answers change nothing is tested on"
    yield "generated pairs in the suite (`tests/matching/engine`).\n"
    yield "| | rows | right | dangerous | needlessly material | needless review |"
    yield "|---|---|---|---|---|---|"
    for name, outcomes in contestants:
        yield _format_row(name, outcomes)
    for title, keys in (
        ("profile", [row.profile for row, _ in answers]),
        ("group", [row.group for row, _ in answers]),
    ):
        yield from _report_by(title, keys, contestants)
    yield ""


def compare_practitioner_pairs() -> Iterator[Answer]:
    """Yield every pair that can be compared with its comparison."""
    for row in load_practitioner_pairs():
        try:
            yield row, compare(row.left, row.right, row.profile, row.kind)
        except ValueError:
            continue


def _classify_peer(answers: Sequence[Answer], python: Path, threshold: float) -> Iterator[str]:
    pairs = [(row.left, row.right, found.kind.value) for row, found in answers]
    for (row, _), score in zip(answers, score_with_peer(python, pairs), strict=True):
        yield row.classify(Verdict.IMMATERIAL if score >= threshold else Verdict.MATERIAL)


def _classify_exact(answers: Sequence[Answer]) -> Iterator[str]:
    for row, _ in answers:
        yield row.classify(Verdict.IMMATERIAL if is_exact_match(row.left, row.right) else Verdict.MATERIAL)


def _report_by(title: str, keys: Sequence[str], contestants: Sequence[_Contestant]) -> Iterator[str]:
    """Yield the table of one dimension: our outcomes, and of the others what is right and dangerous."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        places[key].append(at)
    others = contestants[1:]
    yield f"\n| {title} | rows | {' | '.join(OUTCOMES)} |" + "".join(
        f" {other.name}: right | dangerous |" for other in others
    )
    yield "|---" * (2 + len(OUTCOMES) + 2 * len(others)) + "|"
    for key in sorted(places):
        row = _format_row(key, [contestants[0].outcomes[at] for at in places[key]])
        for other in others:
            counts = Counter(other.outcomes[at] for at in places[key])
            row += f" {counts[RIGHT] / len(places[key]):.1%} | {counts['dangerous'] / len(places[key]):.1%} |"
        yield row


def _format_row(name: str, outcomes: Sequence[str]) -> str:
    counts = Counter(outcomes)
    shares = " | ".join(f"{counts[outcome] / len(outcomes):.1%}" for outcome in OUTCOMES)
    return f"| {name} | {len(outcomes):,} | {shares} |"
