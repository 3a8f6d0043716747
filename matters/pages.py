"""The pages on which members keep their matters; what a matter holds is shown by the app of reviews."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.api.paging import fetch_page, parse_cursor
from accounts.auth.current_user import get_current_user
from accounts.models import User
from matters import service
from matters.api.serializers import MatterRequestSerializer
from matters.api.views import get_matter
from matters.models import Matter
from matters.service import MatterError

_ROWS_PER_PAGE = 25
_FIELDS = ("client_number", "matter_number", "note")

Page = Callable[..., HttpResponse]


def member_page(view: Page) -> Page:
    """Decorate a page of users who may have matters."""
    return never_cache(login_required(permission_required("matters.use_matters", raise_exception=True)(view)))


@sensitive_post_parameters()
@member_page
def list_matters(request: HttpRequest) -> HttpResponse:
    """List and search the user's matters; create one from the posted form."""
    user = get_current_user(request)
    if request.method != "POST":
        return _render_list(request, user, {}, {})
    values, errors = _read_fields(request)
    if errors:
        return _render_list(request, user, values, errors, 422)
    try:
        matter = service.create_matter(user, **values)
    except MatterError as refusal:
        return _render_list(request, user, values, {"form": str(refusal)}, 422)
    messages.success(request, gettext("The matter is made. Add its members below."))
    return redirect("matter-page", pk=matter.pk)


@sensitive_post_parameters()
@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def change_matter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the form with numbers and note of a matter that the user manages; store what is posted."""
    user = get_current_user(request)
    matter = get_matter(user, pk)
    if not service.is_manager(matter, user):
        raise PermissionDenied
    values, errors = {field: str(getattr(matter, field)) for field in _FIELDS}, dict[str, str]()
    if request.method == "POST":
        values, errors = _read_fields(request)
    if request.method == "POST" and not errors:
        try:
            service.change_matter(matter, user, values)
        except MatterError as refusal:
            errors = {"form": str(refusal)}
        else:
            messages.success(request, gettext("The matter is changed."))
            return redirect("matter-page", pk=pk)
    context = {
        "matter": matter,
        "values": values,
        "errors": errors,
        "fixed_numbers": matter.created_by_id != user.pk,
    }
    return render(request, "matters/change.html", context, status=422 if errors else 200)


def _read_fields(request: HttpRequest) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was typed, and a sentence for each field that is wrong."""
    values = {field: request.POST.get(field, "").strip() for field in _FIELDS}
    serializer = MatterRequestSerializer(data=values)
    if serializer.is_valid():
        return dict(serializer.validated_data), {}
    return values, {field: str(texts[0]) for field, texts in serializer.errors.items()}


def _manager_action(action: Callable[[HttpRequest, User, Matter], str]) -> Page:
    """Decorate a change of a manager that returns the message to show; a refusal is shown instead."""

    @member_page
    @require_POST
    @wraps(action)
    def page(request: HttpRequest, pk: UUID) -> HttpResponse:
        user = get_current_user(request)
        matter = get_matter(user, pk)
        if not service.is_manager(matter, user):
            raise PermissionDenied
        try:
            messages.success(request, action(request, user, matter))
        except MatterError as refusal:
            messages.error(request, str(refusal))
        return redirect("matter-page", pk=pk)

    return page


@_manager_action
def add_member(request: HttpRequest, user: User, matter: Matter) -> str:
    """Add a member to a matter that the user manages."""
    service.add_member(matter, request.POST.get("email", ""), user, "is_manager" in request.POST)
    return gettext("The member is added.")


@_manager_action
def close_matter(_request: HttpRequest, user: User, matter: Matter) -> str:
    """Close a matter that the user manages."""
    service.close_matter(matter, user)
    return gettext("The matter is closed.")


@_manager_action
def reopen_matter(_request: HttpRequest, user: User, matter: Matter) -> str:
    """Open a closed matter that the user manages."""
    service.reopen_matter(matter, user)
    return gettext("The matter is open again.")


@member_page
@require_POST
def remove_member(request: HttpRequest, pk: UUID, user_pk: UUID) -> HttpResponse:
    """Remove a member from a matter that the user manages, or the user from one of theirs."""
    user = get_current_user(request)
    matter = get_matter(user, pk)
    if user.pk != user_pk and not service.is_manager(matter, user):
        raise PermissionDenied
    try:
        service.remove_member(matter, user_pk, user)
    except MatterError as refusal:
        messages.error(request, str(refusal))
        return redirect("matter-page", pk=pk)
    if user.pk == user_pk:
        messages.success(request, gettext("You have left the matter."))
        return redirect("matters-page")
    messages.success(request, gettext("The member is removed."))
    return redirect("matter-page", pk=pk)


def _render_list(
    request: HttpRequest, user: User, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    search = request.GET.get("search", "")
    found = service.search_matters(user, search)
    rows, following = fetch_page(found, _ROWS_PER_PAGE, parse_cursor(request.GET.get("before", "")))
    query = request.GET.copy()
    query["before"] = following or ""
    context: dict[str, Any] = {
        "rows": rows,
        "search": search,
        "older": query.urlencode() if following else "",
        "values": values,
        "errors": errors,
    }
    return render(request, "matters/list.html", context, status=status)
