"""Prometheus metrics of comparisons. Label values come from short fixed lists, never from input."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Histogram

from matching.models import PredictionSource

PREDICTIONS = Counter(
    "lnc_predictions_total", "Pairs compared.", ["profile", "verdict", "model_version", "source"]
)
COMPARISON_SECONDS = Histogram(
    "lnc_comparison_seconds",
    "Time to compare two names, storing included; rows of jobs are left out.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
)
ALL_PROFILES_REQUESTS = Counter(
    "lnc_all_profile_comparisons_total", "Pairs compared under every profile at once, over the API."
)
CACHE_LOOKUPS = Counter("lnc_comparison_cache_total", "Lookups in the cache of comparisons.", ["outcome"])
JOB_ROWS = Counter("lnc_job_rows_total", "Rows of bulk jobs done.", ["outcome"])


def observe_comparison(
    profile: str, verdict: str, model_version: str, source: PredictionSource, seconds: float
) -> None:
    """Count one stored comparison. ``profile`` must be a checked id, so that label values stay few."""
    PREDICTIONS.labels(profile, verdict, model_version, source.value).inc()
    COMPARISON_SECONDS.observe(seconds)


def observe_job_rows(profile: str, model_version: str, verdicts: Mapping[str, int], refused: int) -> None:
    """Count the rows of a chunk: each verdict's number, and the rows that could not be compared."""
    for verdict, count in verdicts.items():
        PREDICTIONS.labels(profile, verdict, model_version, PredictionSource.JOB.value).inc(count)
    JOB_ROWS.labels("compared").inc(sum(verdicts.values()))
    JOB_ROWS.labels("refused").inc(refused)
