"""Working an answer out: everything of it that follows from the question, the model and the rules alone."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from django.conf import settings

from matching import engine
from matching.compare import metrics, score_cache
from matching.compare.local_cache import LocalCache
from matching.compare.request import CompareRequest
from matching.engine import Comparison, Context, Scorer
from matching.monitoring.feature_snapshot import FeatureSnapshot, snapshot_comparison
from matching.pair_digest import compute_pair_digest
from modelops.serving.loader import LoadedModel

_MAX_ENTRIES = 1_000
"""Answers a process recalls: about 20 MB."""


@dataclass(frozen=True)
class CachedComparison:
    """A comparison and what its row keeps of it. Shared between requests: never changed."""

    comparison: Comparison
    quoted_text: dict[str, Any]
    quoted_json: str
    differences: list[dict[str, Any]]
    snapshot: FeatureSnapshot
    pair_digest: str


comparison_cache: LocalCache[tuple[CachedComparison, bool]] = LocalCache(_MAX_ENTRIES)


def get_comparison(served: LoadedModel[Scorer], question: CompareRequest) -> tuple[CachedComparison, bool]:
    """Return the answer of a version, and whether anything of it was known before. Raises ``EngineError``."""
    life = settings.PREDICTION_CACHE_SECONDS
    (worked, scored), near = comparison_cache.get_or_compute(
        _build_key(served, question), lambda: _compute_comparison(served, question), life
    )
    if near:
        metrics.CACHE_LOOKUPS.labels("near").inc()
    return worked, near or scored


def _build_key(served: LoadedModel[Scorer], question: CompareRequest) -> Hashable:
    """Everything that can change the answer, to the letter."""
    said = serialize_context(question.context)
    return (served.sha256, question.name1, question.name2, question.profile, question.kind, said)


def _compute_comparison(
    served: LoadedModel[Scorer], question: CompareRequest
) -> tuple[CachedComparison, bool]:
    """Compare, with the model's word from the store where it was asked before."""
    digest = compute_pair_digest(question.name1, question.name2)

    def key() -> str:
        return score_cache.build_cache_key(
            served.sha256, engine.RULES_VERSION, _join_key_parts(question, digest)
        )

    scorer = score_cache.CachingScorer(served.scorer, lambda: score_cache.read_score(key()))
    found = engine.compare(
        question.name1, question.name2, question.profile, question.kind, question.context, scorer
    )
    if scorer.known_probability is not None and not scorer.is_cache_hit:
        score_cache.write_score(key(), score_cache.CachedScore(scorer.known_probability))
    return build_cached_comparison(found, digest), scorer.is_cache_hit


def build_cached_comparison(comparison: Comparison, digest: str) -> CachedComparison:
    """Return a comparison with what its row keeps of it."""
    whole = comparison.to_dict()
    words = extract_quoted_text(whole)
    return CachedComparison(
        comparison,
        words,
        orjson.dumps(words).decode(),
        [_drop_quoted_text(difference) for difference in whole["differences"]],
        snapshot_comparison(comparison),
        digest,
    )


_QUOTED_FIELDS = ("text1", "text2", "explanation")
_TEXT_FIELDS = ("reason", "missing_fact", "left", "right", "steps", "notes", "contributions", "decided_by")


def extract_quoted_text(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an answer that may quote the names: stored encrypted, shown again unchanged."""
    differences = [{key: item[key] for key in _QUOTED_FIELDS} for item in whole["differences"]]
    return {**{key: whole[key] for key in _TEXT_FIELDS}, "differences": differences}


def _drop_quoted_text(difference: dict[str, Any]) -> dict[str, Any]:
    """Drop from a difference whatever may quote a name."""
    return {key: value for key, value in difference.items() if key not in _QUOTED_FIELDS}


def _join_key_parts(question: CompareRequest, digest: str) -> str:
    """Return the digest of everything that can change what the model says."""
    said = serialize_context(question.context)
    return "|".join((digest, question.profile, question.kind, compute_pair_digest(said, "")))


def serialize_context(context: Context) -> str:
    """Return what is known about the names as JSON; nothing as an empty text."""
    return "" if context == Context() else json.dumps(asdict(context), sort_keys=True)
