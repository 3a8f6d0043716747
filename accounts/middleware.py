"""Telling every client of the API how much it may still ask for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RateLimitHeadersMiddleware:
    """Adds the rate limit's header fields to every answer of a request that was counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with what is left of the allowance."""
        response = self.get_response(request)
        if allowance := getattr(request, "allowance", None):
            for name, value in allowance.to_headers().items():
                response.headers[name] = value
        return response
