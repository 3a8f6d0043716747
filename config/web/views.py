"""Views for machines: health, readiness, heartbeats and metrics."""

from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from config.metrics.exposition import is_allowed, render_metrics
from matching.engine import EXECUTION
from matching.serving.live_models import get_model_loader
from modelops.alerting import heartbeats
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError


def check_health(_request: HttpRequest) -> JsonResponse:
    """Return 200 while the process responds, and which engine runs in it; nothing else is checked."""
    return JsonResponse({"status": "ok", "engine": EXECUTION})


def check_readiness(_request: HttpRequest) -> JsonResponse:
    """Return 200 when database and cache respond and the models are loaded, else 503 with the state of each.

    A program whose champion does not load answers no comparison: no load balancer may send it any.
    """
    components = {"database": _is_database_up(), "cache": _is_cache_up(), "model": _is_model_loaded()}
    return JsonResponse(
        {name: "ok" if is_up else "down" for name, is_up in components.items()},
        status=200 if all(components.values()) else 503,
    )


def check_heartbeats(_request: HttpRequest) -> JsonResponse:
    """Return 200 while scheduler, monitor and sealer work, else 503, with the silence of each in the body."""
    now = timezone.now()
    try:
        late = heartbeats.check_components(now)
        silences = {part.name: part.describe_silence(now) for part in heartbeats.list_components()}
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse(silences, status=503 if late else 200)


def export_metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of this program and the installation; outside the embedded mode to METRICS_TOKEN."""
    if not is_allowed(request.headers.get("Authorization", "")):
        return HttpResponse(
            "A bearer token is needed: METRICS_TOKEN.\n", status=403, content_type="text/plain"
        )
    return HttpResponse(render_metrics(with_installation=True), content_type=CONTENT_TYPE_LATEST)


def _is_database_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_cache_up() -> bool:
    try:
        cache.get("ready")
    except RedisError:
        return False
    return True


def _is_model_loaded() -> bool:
    try:
        get_model_loader().get_live_models()
    except (NoLiveModelError, ArtefactVerificationError, ValueError, DatabaseError):
        return False
    return True
