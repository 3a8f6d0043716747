"""Middleware that answers in the language of who asks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.language.choice import SOURCE, choose_language, read_accept_language

_ENGLISH_PREFIXES = ("/api/schema", "/scim/", "/static/")
"""What has no translation: the OpenAPI document and SCIM."""


class LanguageMiddleware:
    """Translates pages by account, cookie and browser, and answers of the API by ``Accept-Language``.

    English costs a request the look at its header and nothing else: no translation is activated for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with the language that it is in."""
        language = _find_language(request)
        if language == SOURCE:
            response = self.get_response(request)
        else:
            with translation.override(language, deactivate=True):
                response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        _vary_by_language(response)
        return response


def _find_language(request: HttpRequest) -> str:
    if request.path.startswith("/api/v1/"):
        header = request.META.get("HTTP_ACCEPT_LANGUAGE")
        return read_accept_language(header) if header else SOURCE
    return SOURCE if request.path.startswith(_ENGLISH_PREFIXES) else choose_language(request)


def _vary_by_language(response: HttpResponse) -> None:
    """Add ``Accept-Language`` to ``Vary``, in a fraction of the time that Django's function takes."""
    vary = response.headers.get("Vary")
    if vary is None:
        response.headers["Vary"] = "Accept-Language"
    elif "Accept-Language" not in vary:
        response.headers["Vary"] = f"{vary}, Accept-Language"
