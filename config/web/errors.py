"""Error responses outside the views: a page, or problem details (RFC 9457) below `/api/`.

Responses to errors that the database may have caused do not use the database.
"""

import sys
from http import HTTPStatus

from axes.helpers import get_cool_off
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, gettext_noop
from structlog.contextvars import get_contextvars

from accounts.api.problems import DOCUMENTATION_LINK, PROBLEM_CONTENT_TYPE, UnavailableError
from accounts.auth.access_events import record_refusal
from config.web.api_paths import API_PREFIX, describe_missing_path
from matching.storage.files import StoreUnavailableError
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError

TRANSIENT_ERRORS = (
    OperationalError,
    InterfaceError,
    NoLiveModelError,
    ArtefactVerificationError,
    StoreUnavailableError,
)
"""Errors that end by themselves or by an operator's action; clients may retry."""

RETRY_AFTER_SECONDS = "5"
TITLES = {
    HTTPStatus.BAD_REQUEST: gettext_noop("This request cannot be read"),
    HTTPStatus.FORBIDDEN: gettext_noop("Your role does not allow this"),
    HTTPStatus.NOT_FOUND: gettext_noop("There is nothing here"),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_noop("Signing in is closed for a while"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_noop("Something went wrong on our side"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_noop("Not available for a moment"),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return the response to a malformed request."""
    return _render_problem(
        request, HTTPStatus.BAD_REQUEST, gettext("Please go back and try again."), safe=False
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return the response to a user whose role lacks the permission, and record the refusal."""
    record_refusal(request, request.user, "permission")
    return _render_problem(
        request, HTTPStatus.FORBIDDEN, gettext("An administrator can change the role of your account.")
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return the response to a form without a valid CSRF token, and record the refusal."""
    record_refusal(request, request.user, "form token")
    text = gettext(
        "The page was open for too long, or cookies are blocked. Go back, reload it and send it again."
    )
    return _render_problem(
        request, HTTPStatus.FORBIDDEN, text, title=gettext("The form could not be accepted")
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return the response to an unknown URL, or to an object of another user."""
    if request.path.startswith(API_PREFIX):
        return _build_problem(HTTPStatus.NOT_FOUND, describe_missing_path(request.path), "not_found")
    text = gettext("The address may be mistyped, or what it led to belongs to somebody else.")
    return _render_problem(request, HTTPStatus.NOT_FOUND, text)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 for a transient error, else 500; details of the error are not shown."""
    if isinstance(sys.exc_info()[1], TRANSIENT_ERRORS):
        text = gettext("A part that is needed does not answer. Nothing was stored; please try again shortly.")
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, UnavailableError.default_code
        response = _render_problem(request, status, text, safe=False, code=code)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    text = gettext(
        "The fault was recorded. Please try again; nothing you did is lost that was stored before."
    )
    return _render_problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, text, safe=False)


def handle_lockout(request: HttpRequest, _response: object, _credentials: object) -> HttpResponse:
    """Return the response to a user with too many failed sign-in attempts."""
    cool_off = get_cool_off(request)
    minutes = max(1, round(cool_off.total_seconds() / 60)) if cool_off else 0
    text = gettext(
        "Too many attempts failed for this e-mail address from your network. Try again in {minutes} minutes."
    ).format(minutes=minutes)
    response = _render_problem(request, HTTPStatus.TOO_MANY_REQUESTS, text)
    response["Retry-After"] = str(minutes * 60)
    return response


def refuse_plain_http() -> HttpResponse:
    """Return the response to a program that used HTTP where HTTPS is needed."""
    text = "Use https://. What this request held has travelled in clear: replace its key or token."
    return _build_problem(HTTPStatus.FORBIDDEN, text)


def _build_problem(status: HTTPStatus, text: str, code: str = "") -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": code or status.name.lower(),
        "detail": text,
        "request_id": str(get_contextvars().get("request_id", "")),
    }
    headers = {"Link": DOCUMENTATION_LINK}
    return JsonResponse(body, status=status, content_type=PROBLEM_CONTENT_TYPE, headers=headers)


def _render_problem(
    request: HttpRequest, status: HTTPStatus, text: str, title: str = "", safe: bool = True, code: str = ""
) -> HttpResponse:
    """Return the page or the problem; `safe=False` renders the page without the user and the database."""
    if request.path.startswith(API_PREFIX):
        return _build_problem(status, text, code)
    request_id = str(get_contextvars().get("request_id", ""))
    context = {"title": title or gettext(TITLES[status]), "text": text, "request_id": request_id}
    if safe:
        return render(request, "problem.html", context, status=status)
    page = render_to_string("problem.html", {**context, "page_language": get_language()})
    return HttpResponse(page, status=status)
