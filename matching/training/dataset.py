"""Labelled pairs as arrays: features, and flags for what the rules leave to a model.

Does not import scikit-learn, so that a web process can use it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine import Profile, Score, Thresholds, Verdict, load_profiles, score_many
from matching.engine.categories import ProfileLogic
from matching.engine.compared_pair import collect_findings, compare_pair, parse_kind
from matching.engine.policy import decide_verdict
from matching.engine.types import Finding
from matching.training.synthetic import LabelledPair

ProgressReporter = Callable[[str], None]

SYNTHETIC_SOURCE = "constructed"
"""Source of the generated pairs."""

_TAG_PATTERN = re.compile(r"(?:org |ind )?[A-Za-z0-9_+-]{1,40}(?: - [a-z+]{1,40})?")
"""Tags, sources and slices that cannot contain a name, as opposed to free text."""


class ProfileFlags(NamedTuple):
    """What one profile leaves to a model; one entry a pair.

    ``needs_model``: the probability comes from the model. ``may_be_immaterial`` and ``may_be_material``: the
    model can decide so alone. ``is_immaterial_by_rule``: a rule decides *immaterial*.
    """

    needs_model: NDArray[np.bool_]
    may_be_immaterial: NDArray[np.bool_]
    may_be_material: NDArray[np.bool_]
    is_immaterial_by_rule: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """Pairs as arrays with one row per pair, with their findings and the flags of every profile."""

    pairs: tuple[LabelledPair, ...]
    kinds: NDArray[np.str_]
    features: NDArray[np.float64]
    findings: tuple[tuple[Finding, ...], ...]
    flags: Mapping[str, ProfileFlags]


LENIENT = Thresholds(0.5, 2.0)
"""Thresholds under which everything that a model can decide as immaterial is."""

HARSH = Thresholds(-1.0, 0.5)
"""Thresholds under which everything that a model can decide as material is."""


def score_pairs(pairs: Sequence[LabelledPair], profile: str, scorer: Any = None) -> list[Score | ValueError]:
    """Score labelled pairs in order, each under its own kind."""
    scores: dict[int, Score | ValueError] = {}
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        places = [at for at, pair in enumerate(pairs) if pair.kind == kind]
        of_kind = score_many([(pairs[at].left, pairs[at].right) for at in places], profile, kind, scorer)
        scores.update(zip(places, of_kind, strict=True))
    return [scores[at] for at in range(len(pairs))]


def build_dataset(pairs: Iterable[LabelledPair], report: ProgressReporter) -> LabelledDataset:
    """Compute features, findings and flags of every readable pair.

    ``report`` gets the progress and the counts.
    """
    kept, kinds, rows, findings, unreadable = [], [], [], [], 0
    for at, pair in enumerate(pairs, start=1):
        try:
            compared = compare_pair(pair.left, pair.right, parse_kind(pair.kind))
        except ValueError:
            unreadable += 1
            continue
        kept.append(pair)
        kinds.append(compared.kind.value)
        rows.append(compared.build_row())
        findings.append(collect_findings(compared, with_notes=False))
        if at % 20_000 == 0:
            report(f"{at:,} pairs read")
    report(f"{len(kept):,} pairs read, {unreadable} could not be")
    return LabelledDataset(
        pairs=tuple(kept),
        kinds=np.array(kinds),
        features=np.array(rows),
        findings=tuple(findings),
        flags={id_: _flag_pairs(findings, profile) for id_, profile in load_profiles().items()},
    )


def _flag_pairs(findings: Sequence[tuple[Finding, ...]], profile: Profile) -> ProfileFlags:
    """Return the flags under a profile; profiles that decide by the texts leave nothing to a model."""
    judge = _judge if profile.logic is ProfileLogic.CATEGORIES else _leave_nothing
    columns = np.array([judge(found, profile) for found in findings], dtype=bool).reshape(-1, 4)
    return ProfileFlags(*columns.T)


def _judge(findings: tuple[Finding, ...], profile: Profile) -> tuple[bool, bool, bool, bool]:
    lenient, harsh = (decide_verdict(findings, profile, 0.5, band) for band in (LENIENT, HARSH))
    asked, is_immaterial = lenient.probability == 0.5, lenient.verdict is Verdict.IMMATERIAL
    may_be_material = asked and harsh.verdict is Verdict.MATERIAL
    return asked, asked and is_immaterial, may_be_material, is_immaterial and not asked


def _leave_nothing(_findings: tuple[Finding, ...], _profile: Profile) -> tuple[bool, bool, bool, bool]:
    return False, False, False, False


def is_safe_label(text: str) -> bool:
    """Return whether a tag, source or slice is a code of a program, not free text that could hold a name."""
    return _TAG_PATTERN.fullmatch(text) is not None


def get_safe_tag(pair: LabelledPair) -> str:
    """Return the category that the file or the corpus gives a pair; ``other`` for free text."""
    return pair.category if is_safe_label(pair.category) else "other"


def compute_digests(pairs: Iterable[LabelledPair]) -> dict[str, dict[str, Any]]:
    """Return the number of pairs of each source and the SHA-256 over them in order."""
    hashes: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    for pair in pairs:
        line = "\x1f".join((pair.left, pair.right, str(int(pair.material)), pair.kind)) + "\n"
        source = pair.source if is_safe_label(pair.source) else "file"
        hashes.setdefault(source, hashlib.sha256()).update(line.encode("utf-8", "surrogatepass"))
        counts[source] += 1
    return {
        source: {"pairs": counts[source], "sha256": digest.hexdigest()} for source, digest in hashes.items()
    }
