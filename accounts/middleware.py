"""Rate limit header fields of API responses."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.auth.throttles import get_rate_limits
from accounts.usage.rates import build_rate_limit_headers


class RateLimitHeadersMiddleware:
    """Adds the rate limit header fields to the response of every request that a throttle counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with the header fields."""
        response = self.get_response(request)
        if statuses := get_rate_limits(request):
            for name, value in build_rate_limit_headers(statuses).items():
                response.headers[name] = value
        return response
