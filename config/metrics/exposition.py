"""What ``/metrics`` shows, and who may read it."""

from __future__ import annotations

import hmac
import os
from functools import cache

from django.conf import settings
from prometheus_client import CollectorRegistry, Metric, generate_latest

from analytics.installation_metrics import InstallationCollector
from config.metrics import folder
from config.metrics.processes import HostCollector, ProgramCollector


@cache
def build_registry(with_installation: bool) -> CollectorRegistry:
    """Return what this program shows: its processes and its host; web programs also the installation."""
    registry = CollectorRegistry()
    registry.register(ProgramCollector(os.environ.get(folder.VARIABLE)))
    registry.register(HostCollector())
    if with_installation:
        registry.register(InstallationCollector())
    return registry


def collect_program() -> list[Metric]:
    """Return what the processes of this program counted, for the technical dashboard."""
    return list(ProgramCollector(os.environ.get(folder.VARIABLE)).collect())


def render_metrics(with_installation: bool) -> bytes:
    """Return the metrics in the text format of Prometheus."""
    return generate_latest(build_registry(with_installation))


def is_allowed(authorization: str) -> bool:
    """Say whether a request with this ``Authorization`` may read metrics.

    Without ``METRICS_TOKEN`` only the embedded mode lets anybody.
    """
    token: str = settings.METRICS_TOKEN
    if not token:
        return bool(settings.EMBEDDED_DATABASE)
    return hmac.compare_digest(authorization.removeprefix("Bearer ").encode(), token.encode())
