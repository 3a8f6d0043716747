"""The page of the guideline: the version in force or another one, with contents and search."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from feedback.admin_page import render_page
from feedback.guideline import text
from feedback.models import Clause, Guideline

READ_PERMISSION = "feedback.view_guideline"
DRAFT_PERMISSION = "feedback.change_guideline"


@require_GET
def show_guideline(request: HttpRequest, version: str = "") -> HttpResponse:
    """Show a version of the guideline, by default the one in force; a draft only to who may edit it."""
    if not request.user.has_perm(READ_PERMISSION):
        raise PermissionDenied
    versions = list(_select_versions(request))
    in_force = next((row for row in versions if row.published_at), None)
    shown = next((row for row in versions if row.version == version), None) if version else in_force
    if version and shown is None:
        raise Http404
    query = request.GET.get("q", "").strip()[: text.MAX_SEARCH_LENGTH]
    clauses = list(Clause.objects.filter(guideline=shown)) if shown else []
    chapters = text.build_chapters(clauses, text.split_search(query))
    context = {
        "guideline": shown,
        "in_force": in_force,
        "versions": versions,
        "validity": text.find_validity(shown) if shown else None,
        "chapters": chapters,
        "clauses": len(clauses),
        "query": query,
        "found": sum(len(chapter.clauses) for chapter in chapters),
        "max_search_length": text.MAX_SEARCH_LENGTH,
    }
    return render_page(request, "guideline", gettext("Guideline"), context)


def _select_versions(request: HttpRequest) -> list[Guideline]:
    """Return the versions that the user may read: a draft first, then the newest published one."""
    rows = Guideline.objects.order_by("-status", "-published_at")
    drafts = [row for row in rows if row.published_at is None and request.user.has_perm(DRAFT_PERMISSION)]
    published = [row for row in rows if row.published_at is not None]
    return [*drafts, *published]
