"""What makes the pages installable: manifest, service worker, offline page, and text shared by other apps.

The service worker keeps the offline page, style sheets, scripts and icons, never a page of a user.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable.png", "512x512", "maskable"),
)
_KEPT_FILES = ("matching/page.css", "matching/answer.css", "matching/page.js", "matching/mark.svg")
"""Static files that the offline page needs."""


@require_safe
@cache_control(public=True, max_age=3600)
def show_manifest(_request: HttpRequest) -> JsonResponse:
    """Return the web app manifest."""
    manifest = {
        "id": "/",
        "name": "Legal Name Comparison",
        "short_name": _("Legal names"),
        "description": _("Is the difference between two legal names material?"),
        "start_url": reverse("start"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f6f8",
        "theme_color": "#1f3a5f",
        "icons": [
            {"src": static(f"matching/icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in _ICONS
        ],
        "share_target": {
            "action": reverse("share-page"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


@require_safe
def show_service_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker of all pages, with the addresses of the files that it keeps."""
    files = [reverse("offline-page"), *(static(name) for name in _KEPT_FILES)]
    worker = json.dumps({"files": files, "offline": files[0]})
    response = render(
        request, "service-worker.js", {"worker": worker}, content_type="text/javascript; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def show_offline(request: HttpRequest) -> HttpResponse:
    """Return the page that is shown without a network; the same for everybody, so it may be kept."""
    return render(request, "offline.html")
