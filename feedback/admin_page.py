"""The frame of the desk's pages: the admin's menu and title around a template of ours."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def render_page(
    request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return a page of the desk."""
    whole = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"feedback/review/{name}.html", whole, status=status)
