"""Pages of evidence packs, and the page of the weekly digest that needs no sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth.current_user import get_current_user
from accounts.models import AuditEvent
from analytics import digest, evidence
from analytics.evidence import Month, NoEvidenceError

_require_auditor = permission_required("accounts.view_auditseal", raise_exception=True)


@require_GET
def show_evidence(request: HttpRequest) -> HttpResponse:
    """List the months with sealed events, and the recorded digests of their packs."""
    view: Any = admin.site.admin_view(_require_auditor(_render_list))
    response: HttpResponse = view(request)
    return response


@require_POST
def download_evidence(request: HttpRequest, month: str) -> HttpResponseBase:
    """Send the pack of a month, built if it does not exist; the download is audited."""
    view: Any = admin.site.admin_view(_require_auditor(_send_pack))
    response: HttpResponseBase = view(request, month)
    return response


@csrf_exempt  # mail programs post it by themselves (RFC 8058); the token says who it is
@require_http_methods(["GET", "POST"])
def unsubscribe_from_digest(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the reader of a weekly digest, and on a POST send no more."""
    user = digest.find_user(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        digest.unsubscribe(user)
    return render(request, "analytics/unsubscribe.html", {"done": not digest.is_subscribed(user)})


def _render_list(request: HttpRequest) -> HttpResponse:
    packed = AuditEvent.objects.filter(action="evidence.created").order_by("id")
    digests = {event.detail["month"]: event.detail["sha256"] for event in packed}
    rows = [
        {"month": str(month), "over": month.is_over, "sha256": digests.get(str(month), "")}
        for month in evidence.list_months()
    ]
    context = {**admin.site.each_context(request), "title": gettext("Evidence packs"), "rows": rows}
    return TemplateResponse(request, "admin/evidence.html", context)


def _send_pack(request: HttpRequest, month: str) -> HttpResponseBase:
    try:
        parsed = Month.parse(month)
        pack = evidence.find_pack(parsed) or evidence.build_pack(parsed, get_current_user(request))
    except NoEvidenceError as error:
        raise Http404(str(error)) from error
    file = pack.open()
    evidence.record_download(pack, get_current_user(request))
    return FileResponse(file, as_attachment=True, filename=pack.name)
