"""Views for machines: health, readiness, heartbeats and metrics."""

import hmac

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django_prometheus.exports import ExportToDjangoView
from redis.exceptions import RedisError

from modelops.alerting import heartbeats


def check_health(_request: HttpRequest) -> JsonResponse:
    """Return 200 while the process responds; nothing else is checked."""
    return JsonResponse({"status": "ok"})


def check_readiness(_request: HttpRequest) -> JsonResponse:
    """Return 200 when database and cache respond, else 503 with the state of each."""
    components = {"database": _is_database_up(), "cache": _is_cache_up()}
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
    """Return the Prometheus metrics of all processes; outside the embedded mode METRICS_TOKEN is required."""
    if not _can_read_metrics(request):
        return HttpResponse(
            "A bearer token is needed: METRICS_TOKEN.\n", status=403, content_type="text/plain"
        )
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _can_read_metrics(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if not token:
        return bool(settings.EMBEDDED_DATABASE)
    credential = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(credential.encode(), token.encode())


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
