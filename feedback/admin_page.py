"""Render the review pages inside the layout of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def render_page(
    request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return the response for the template ``feedback/review/<name>.html``."""
    full_context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"feedback/review/{name}.html", full_context, status=status)
