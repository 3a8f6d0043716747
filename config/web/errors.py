"""Every refusal that no view answers: a page for people, a problem (RFC 9457) below `/api/`.

Nothing here touches the database when it may be the database that failed.
"""

import sys
from http import HTTPStatus

from axes.helpers import get_cool_off
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars

from accounts.api.problems import PROBLEM_CONTENT_TYPE
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError

TRANSIENT_ERRORS = (OperationalError, InterfaceError, NoLiveModelError, ArtefactVerificationError)
"""Faults that end by themselves or by an operator's hand: the caller may try again."""

RETRY_AFTER_SECONDS = "5"
TITLES = {
    HTTPStatus.BAD_REQUEST: "This request cannot be read",
    HTTPStatus.FORBIDDEN: "Your role does not allow this",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.TOO_MANY_REQUESTS: "Signing in is closed for a while",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available for a moment",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - named by Django
    """Answer a request that breaks the rules of the protocol."""
    return _render_problem(request, HTTPStatus.BAD_REQUEST, "Please go back and try again.", safe=False)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - named by Django
    """Answer a person whose role lacks the permission."""
    return _render_problem(
        request, HTTPStatus.FORBIDDEN, "An administrator can change the role of your account."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - named by Django
    """Answer a form that was not sent from our own page, or from one that was open for too long."""
    text = "The page was open for too long, or cookies are blocked. Go back, reload it and send it again."
    return _render_problem(request, HTTPStatus.FORBIDDEN, text, title="The form could not be accepted")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - named by Django
    """Answer an address that leads nowhere, or to something that is somebody else's."""
    text = "The address may be mistyped, or what it led to belongs to somebody else."
    return _render_problem(request, HTTPStatus.NOT_FOUND, text)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a fault: 503 when it will pass, else 500. Nothing of the fault is shown."""
    if isinstance(sys.exc_info()[1], TRANSIENT_ERRORS):
        text = "A part that is needed does not answer. Nothing was stored; please try again shortly."
        response = _render_problem(request, HTTPStatus.SERVICE_UNAVAILABLE, text, safe=False)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    text = "The fault was recorded. Please try again; nothing you did is lost that was stored before."
    return _render_problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, text, safe=False)


def handle_lockout(request: HttpRequest, _response: object, _credentials: object) -> HttpResponse:
    """Answer a person whose attempts to sign in failed too often."""
    closed = get_cool_off(request)
    minutes = max(1, round(closed.total_seconds() / 60)) if closed else 0
    text = (
        f"Too many attempts failed for this e-mail address from your network. Try again in {minutes} minutes."
    )
    response = _render_problem(request, HTTPStatus.TOO_MANY_REQUESTS, text)
    response["Retry-After"] = str(minutes * 60)
    return response


def render_limiter_unavailable(request: HttpRequest) -> HttpResponse:
    """Answer an attempt to sign in while attempts cannot be counted: guessing must not become free."""
    text = "Attempts cannot be counted just now, so none is let in. Please try again in a few seconds."
    title = "Signing in is closed for a moment"
    response = _render_problem(request, HTTPStatus.SERVICE_UNAVAILABLE, text, title=title)
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def render_too_many_attempts(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer one attempt too many from one network."""
    text = f"Too many attempts came from your network. Try again in {seconds} seconds."
    response = _render_problem(request, HTTPStatus.TOO_MANY_REQUESTS, text)
    response["Retry-After"] = str(seconds)
    return response


def _render_problem(
    request: HttpRequest, status: HTTPStatus, text: str, title: str = "", safe: bool = True
) -> HttpResponse:
    """Write the refusal; an unsafe one is written without knowing who asks."""
    request_id = str(get_contextvars().get("request_id", ""))
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": text}
        return JsonResponse(
            {**body, "request_id": request_id}, status=status, content_type=PROBLEM_CONTENT_TYPE
        )
    context = {"title": title or TITLES[status], "text": text, "request_id": request_id}
    if safe:
        return render(request, "problem.html", context, status=status)
    return HttpResponse(render_to_string("problem.html", context), status=status)
