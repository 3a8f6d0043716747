"""The choice of a language, at the foot of every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.language.choice import save_language
from accounts.models import Language, User

_COOKIE_SECONDS = 365 * 24 * 3600


@never_cache
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language in the account, and in a cookie for the pages before signing in; go back."""
    language = request.POST.get("language", "")
    if language not in Language.values:
        return HttpResponseBadRequest("The language is not one of these: " + ", ".join(Language.values))
    if isinstance(request.user, User):
        save_language(request.user, Language(language))
    response = redirect(_find_way_back(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _find_way_back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if is_own else "/"
