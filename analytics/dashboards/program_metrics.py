"""What the processes of this program counted since they started: requests, latency, errors, cache.

The same numbers as ``/metrics`` of this program; Prometheus adds them up over all programs and keeps them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import Metric

_RESPONSES = "django_http_responses_total_by_status_total"
_LATENCY = "django_http_requests_latency_including_middlewares_seconds_bucket"
_COMPARISON = "lnc_comparison_seconds_bucket"
_CACHE = "lnc_comparison_cache_total"


@dataclass(frozen=True)
class Latency:
    """Percentiles in seconds, from the buckets of a histogram; ``None`` without an observation."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True)
class ProgramMetrics:
    """Counts of a program since its processes started."""

    responses: int
    server_errors: int
    refusals: int
    requests: Latency
    comparisons: Latency
    cache_hits: int
    cache_lookups: int

    @property
    def error_share(self) -> float | None:
        """Share of responses with a status of 500 or more, in [0, 1]; ``None`` without a response."""
        return self.server_errors / self.responses if self.responses else None

    @property
    def cache_share(self) -> float | None:
        """Share of lookups that the cache answered, in [0, 1]; ``None`` without a lookup."""
        return self.cache_hits / self.cache_lookups if self.cache_lookups else None


def read_program_metrics() -> ProgramMetrics:
    """Return the metrics of the program that is asked."""
    return summarise_metrics(import_string(settings.PROGRAM_METRICS_READER)())


def summarise_metrics(families: Iterable[Metric]) -> ProgramMetrics:
    """Return what families of metrics say about requests and comparisons."""
    statuses: dict[str, float] = defaultdict(float)
    outcomes: dict[str, float] = defaultdict(float)
    buckets: dict[str, dict[float, float]] = {_LATENCY: defaultdict(float), _COMPARISON: defaultdict(float)}
    for sample in (sample for family in families for sample in family.samples):
        if sample.name == _RESPONSES:
            statuses[sample.labels["status"]] += sample.value
        elif sample.name == _CACHE:
            outcomes[sample.labels["outcome"]] += sample.value
        elif sample.name in buckets:
            buckets[sample.name][float(sample.labels["le"])] += sample.value
    return ProgramMetrics(
        round(sum(statuses.values())),
        round(sum(count for status, count in statuses.items() if status >= "500")),
        round(sum(count for status, count in statuses.items() if "400" <= status < "500")),
        _compute_latency(buckets[_LATENCY]),
        _compute_latency(buckets[_COMPARISON]),
        round(outcomes["hit"]),
        round(sum(outcomes.values())),
    )


def _compute_latency(buckets: dict[float, float]) -> Latency:
    if not buckets or not max(buckets.values()):
        return Latency()
    return Latency(*(estimate_percentile(buckets, share) for share in (0.5, 0.95, 0.99)))


def estimate_percentile(buckets: dict[float, float], share: float) -> float:
    """Return a percentile of cumulative buckets by their upper bounds, linear inside a bucket.

    What lies above the last finite bound counts as that bound, as in Prometheus.
    """
    wanted, low, before = share * max(buckets.values()), 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= wanted and count > before:
            return (
                low if bound == float("inf") else low + (bound - low) * (wanted - before) / (count - before)
            )
        low, before = (low if bound == float("inf") else bound), count
    return low
