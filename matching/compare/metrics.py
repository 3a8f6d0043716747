"""Prometheus metrics of comparisons. Label values come from short fixed lists, never from input."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

COMPARISONS = Counter("lnc_comparisons_total", "Comparisons stored.", ["profile", "verdict", "cached"])
COMPARISON_SECONDS = Histogram(
    "lnc_comparison_seconds",
    "Time to compare two names, storing included.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
)
ALL_PROFILES_REQUESTS = Counter(
    "lnc_outlooks_total", "Pairs compared under every profile at once, over the API."
)
CACHE_LOOKUPS = Counter("lnc_score_cache_total", "Lookups in the caches of results and scores.", ["outcome"])
LIVE_GENERATION = Gauge(
    "lnc_live_generation", "Generation of the models that a process serves.", multiprocess_mode="livemin"
)


def observe_comparison(profile: str, verdict: str, cached: bool, seconds: float, generation: int) -> None:
    """Count one stored comparison. ``profile`` must be a checked id, so that label values stay few."""
    COMPARISONS.labels(profile, verdict, str(cached).lower()).inc()
    COMPARISON_SECONDS.observe(seconds)
    LIVE_GENERATION.set(generation)
