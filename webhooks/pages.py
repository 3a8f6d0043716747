"""The pages on which users keep their own webhooks; only the answer that makes a secret shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.api.paging import fetch_page, parse_cursor
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import require_recent_authentication
from accounts.models import User
from webhooks import endpoints, presenter
from webhooks.api.serializers import EndpointRequestSerializer, RotationSerializer
from webhooks.api.views import get_own_endpoint, list_own_deliveries
from webhooks.endpoints import EndpointError
from webhooks.models import EventType, WebhookEndpoint

_PERMISSION = "webhooks.use_webhooks"
_ROWS_PER_PAGE = 25
_EVENTS_REQUIRED = gettext_noop("Choose at least one event.")

Page = Callable[..., HttpResponse]


def _own_page(view: Page) -> Page:
    """Decorate a page of users who may have webhooks."""
    return never_cache(login_required(permission_required(_PERMISSION, raise_exception=True)(view)))


def _own_action(action: Callable[[HttpRequest, User, WebhookEndpoint], str]) -> Page:
    """Decorate a change of one's own webhook that returns the message to show; a refusal is shown instead."""

    @_own_page
    @require_POST
    @wraps(action)
    def page(request: HttpRequest, pk: UUID) -> HttpResponse:
        user = get_current_user(request)
        try:
            messages.success(request, action(request, user, get_own_endpoint(user, pk)))
        except EndpointError as refusal:
            messages.error(request, str(refusal))
        return redirect("webhook-page", pk=pk)

    return page


@sensitive_post_parameters()
@_own_page
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """List the user's webhooks; create one from the posted form and show its secret."""
    user = get_current_user(request)
    if request.method != "POST":
        return _render_list(request, user, {"events": list(EventType.values)}, {})
    require_recent_authentication(request)
    values = _read_form(request)
    serializer = EndpointRequestSerializer(data=values)
    if not serializer.is_valid():
        return _render_list(request, user, values, _list_errors(serializer, values), 422)
    try:
        endpoint, secret = endpoints.create_endpoint(user, serializer.to_subscription())
    except EndpointError as refusal:
        return _render_list(request, user, values, {"form": str(refusal)}, 422)
    return _render_secret(request, endpoint, secret)


@sensitive_post_parameters()
@_own_page
def show_webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the user's webhooks with its log; change it from the posted form."""
    user = get_current_user(request)
    endpoint = get_own_endpoint(user, pk)
    if request.method != "POST":
        values = {
            "url": endpoint.address,
            "events": endpoint.event_types,
            "description": endpoint.description,
        }
        return _render_endpoint(request, user, endpoint, values, {})
    require_recent_authentication(request)
    values = _read_form(request)
    serializer = EndpointRequestSerializer(data=values)
    if not serializer.is_valid():
        return _render_endpoint(request, user, endpoint, values, _list_errors(serializer, values), 422)
    endpoints.change_endpoint(endpoint, serializer.to_subscription(), user)
    messages.success(request, gettext("Saved."))
    return redirect("webhook-page", pk=pk)


@_own_page
@require_POST
def rotate_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give one of the user's webhooks a new secret and show it."""
    require_recent_authentication(request)
    user = get_current_user(request)
    serializer = RotationSerializer(data={"overlap_hours": request.POST.get("overlap_hours", "")})
    if not serializer.is_valid():
        messages.error(request, gettext("Choose for how long the old secret signs too."))
        return redirect("webhook-page", pk=pk)
    endpoint, secret = endpoints.rotate_secret(get_own_endpoint(user, pk), user, serializer.to_overlap())
    return _render_secret(request, endpoint, secret)


@_own_action
def send_test(_request: HttpRequest, user: User, endpoint: WebhookEndpoint) -> str:
    """Send a test event."""
    endpoints.send_test(endpoint, user)
    return gettext(
        "A test is on its way. Its outcome is in the log below; reload the page after some seconds."
    )


@_own_action
def switch(request: HttpRequest, user: User, endpoint: WebhookEndpoint) -> str:
    """Switch one of the user's webhooks on or off."""
    if "on" in request.POST:
        endpoints.switch_on(endpoint, user)
        return gettext("Switched on. What you missed is in the log and can be sent again.")
    endpoints.switch_off(endpoint, WebhookEndpoint.SwitchedOffBy.OWNER, user)
    return gettext("Switched off: it gets nothing, and nothing is kept for it.")


@_own_page
@require_POST
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove one of the user's webhooks."""
    user = get_current_user(request)
    endpoints.remove_endpoint(get_own_endpoint(user, pk), user)
    messages.success(request, gettext("The webhook is removed."))
    return redirect("webhooks-page")


@_own_page
@require_POST
def send_again(request: HttpRequest, pk: UUID, delivery: UUID) -> HttpResponse:
    """Send a message of the log again."""
    user = get_current_user(request)
    row = get_object_or_404(list_own_deliveries(user, pk), pk=delivery)
    try:
        endpoints.send_again(row, user)
        messages.success(request, gettext("It is sent again, with the same webhook-id."))
    except EndpointError as refusal:
        messages.error(request, str(refusal))
    return redirect("webhook-page", pk=pk)


def _read_form(request: HttpRequest) -> dict[str, Any]:
    return {
        "url": request.POST.get("url", "").strip(),
        "events": request.POST.getlist("events"),
        "description": request.POST.get("description", "").strip(),
    }


def _list_errors(serializer: EndpointRequestSerializer, values: Mapping[str, Any]) -> dict[str, str]:
    """Return one sentence for each field that is wrong."""
    errors = {name: str(faults[0]) for name, faults in serializer.errors.items()}
    return {**errors, **({} if values["events"] else {"events": gettext(_EVENTS_REQUIRED)})}


def _render_list(
    request: HttpRequest, user: User, values: Mapping[str, Any], errors: Mapping[str, str], status: int = 200
) -> HttpResponse:
    rows = [(row, presenter.describe_endpoint(row)) for row in WebhookEndpoint.objects.of_user(user.pk)]
    context = {"rows": rows, "values": values, "errors": errors, "events": EventType.choices}
    return render(request, "webhooks/list.html", context, status=status)


def _render_endpoint(
    request: HttpRequest,
    user: User,
    endpoint: WebhookEndpoint,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    status: int = 200,
) -> HttpResponse:
    log = list_own_deliveries(user, endpoint.pk).prefetch_related("attempt_log")
    deliveries, following = fetch_page(log, _ROWS_PER_PAGE, parse_cursor(request.GET.get("cursor", "")))
    context = {
        "endpoint": endpoint,
        "status": presenter.describe_endpoint(endpoint),
        "overlap": presenter.describe_overlap(endpoint, timezone.now()),
        "rows": presenter.build_delivery_rows(deliveries),
        "next": following,
        "values": values,
        "errors": errors,
        "events": EventType.choices,
    }
    return render(request, "webhooks/webhook.html", context, status=status)


def _render_secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    overlap = presenter.describe_overlap(endpoint, timezone.now())
    return render(
        request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret, "overlap": overlap}
    )
