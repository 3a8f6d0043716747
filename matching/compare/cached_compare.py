"""Comparison through two caches: whole results in this process, the model's probabilities in Redis."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import cache

from django.conf import settings

from matching import engine
from matching.compare import metrics, score_cache
from matching.compare.local_cache import LocalCache
from matching.compare.request import CompareRequest, serialize_context
from matching.compare.result import ComparisonResult, compute_result
from matching.compare.score_cache import CachedScore, CachingScorer
from matching.engine import Scorer
from matching.pair_digest import compute_pair_digest
from modelops.serving.loader import LoadedModel

_MAX_ENTRIES = 1_000
"""Results a process keeps: about 20 MB."""

comparison_cache: LocalCache[ComparisonResult] = LocalCache(_MAX_ENTRIES)


def compare_cached(request: CompareRequest, model: LoadedModel[Scorer]) -> ComparisonResult:
    """Return the result of a model version, from a cache where possible. Raises ``EngineError``."""
    result, is_hit = comparison_cache.get_or_compute(
        _build_local_key(request, model),
        lambda: _compare_with_score_cache(request, model),
        settings.PREDICTION_CACHE_SECONDS,
    )
    if not is_hit:
        return result
    metrics.CACHE_LOOKUPS.labels("near").inc()
    return replace(result, is_cached=True)


def _build_local_key(request: CompareRequest, model: LoadedModel[Scorer]) -> Hashable:
    """Return everything that can change a result. Names are compared character by character."""
    context = serialize_context(request.context)
    return (model.sha256, request.name1, request.name2, request.profile, request.kind, context)


def _compare_with_score_cache(request: CompareRequest, model: LoadedModel[Scorer]) -> ComparisonResult:
    """Compare, reading the model's probability from Redis where an earlier comparison left it."""
    build_key = cache(lambda: _build_score_key(request, model))  # two digests, only where the model is asked
    scorer = CachingScorer(model.scorer, lambda: score_cache.read_score(build_key()))
    result = compute_result(request, scorer)
    if scorer.is_cache_hit:
        return replace(result, is_cached=True)
    if scorer.known_probability is not None:
        score_cache.write_score(build_key(), CachedScore(scorer.known_probability))
    return result


def _build_score_key(request: CompareRequest, model: LoadedModel[Scorer]) -> str:
    """Return the Redis key of a probability: a digest of everything that can change it."""
    pair = compute_pair_digest(request.name1, request.name2)
    context = compute_pair_digest(serialize_context(request.context), "")
    return score_cache.build_cache_key(
        model.sha256, engine.RULES_VERSION, pair, request.profile, request.kind, context
    )
