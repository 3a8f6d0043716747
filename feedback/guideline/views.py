"""The page of the guideline: the version in force or another one, with contents and search."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth.current_user import get_current_user
from feedback.admin_page import render_page
from feedback.guideline import text
from feedback.guideline.publication import preview_publication
from feedback.guideline.publication_form import PublicationForm
from feedback.guideline.service import GuidelineError, publish_reviewed_draft
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


@require_http_methods(["GET", "POST"])
def review_publication(request: HttpRequest, draft: Guideline) -> HttpResponse:
    """Show what a draft changes and what its publication does; publish it when that is confirmed."""
    if not request.user.has_perm(DRAFT_PERMISSION):
        raise PermissionDenied
    form, status = PublicationForm(initial={"summary": draft.summary}), 200
    if request.method == "POST":
        form = PublicationForm(request.POST)
        if form.is_valid() and _publish(request, draft, form):
            return redirect("admin:guideline-text")
        status = 422
    context = {"preview": preview_publication(draft), "form": form}
    return render_page(request, "publish", gettext("Publish the guideline"), context, status)


def _publish(request: HttpRequest, draft: Guideline, form: PublicationForm) -> bool:
    """Publish the draft and say what that did; on a refusal tell the form and return ``False``."""
    data = form.cleaned_data
    try:
        ended = publish_reviewed_draft(draft, get_current_user(request), data["summary"], data["fingerprint"])
    except GuidelineError as refusal:
        form.add_error(None, str(refusal))
        return False
    text_of_end = ngettext(
        "{n} precedent ended: its pair goes to a reviewer when it is asked again.",
        "{n} precedents ended: their pairs go to a reviewer when they are asked again.",
        ended,
    ).format(n=ended)
    in_force = gettext("Version {version} is in force.").format(version=draft.version)
    messages.success(request, f"{in_force} {text_of_end}")
    return True


def _select_versions(request: HttpRequest) -> list[Guideline]:
    """Return the versions that the user may read: a draft first, then the newest published one."""
    rows = Guideline.objects.order_by("-status", "-published_at")
    drafts = [row for row in rows if row.published_at is None and request.user.has_perm(DRAFT_PERMISSION)]
    published = [row for row in rows if row.published_at is not None]
    return [*drafts, *published]
