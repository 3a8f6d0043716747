"""Comparison through the cache of this process: a pair asked again is not compared again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from django.conf import settings

from matching.compare.local_cache import LocalCache
from matching.compare.metrics import CACHE_LOOKUPS
from matching.compare.request import CompareRequest, serialize_context
from matching.compare.result import ComparisonResult, compute_result
from matching.engine import Scorer
from modelops.serving.loader import LoadedModel

_MAX_ENTRIES = 1_000
"""Results a process keeps: about 20 MB."""

comparison_cache: LocalCache[ComparisonResult] = LocalCache(_MAX_ENTRIES)


def compare_cached(request: CompareRequest, model: LoadedModel[Scorer]) -> ComparisonResult:
    """Return the result of a model version, from the cache where possible. Raises ``EngineError``."""
    result, is_hit = comparison_cache.get_or_compute(
        _build_key(request, model),
        lambda: compute_result(request, model.scorer),
        settings.PREDICTION_CACHE_SECONDS,
    )
    CACHE_LOOKUPS.labels("hit" if is_hit else "miss").inc()
    return replace(result, is_cached=True) if is_hit else result


def _build_key(request: CompareRequest, model: LoadedModel[Scorer]) -> Hashable:
    """Return everything that can change a result. Names are compared character by character."""
    context = serialize_context(request.context)
    return (model.sha256, request.name1, request.name2, request.profile, request.kind, context)
