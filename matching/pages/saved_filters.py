"""Save a filter of the history, and remove one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth.current_user import get_current_user
from matching.models import SavedFilter
from matching.pages.history import HistoryForm, build_query

MAX_FILTERS = 20
_PERMISSION = "matching.view_prediction"


@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the choices of a filter; only what the form knows is kept, in one spelling."""
    user, form = get_current_user(request), HistoryForm(QueryDict(request.POST.get("query", "")))
    query = build_query(form) if form.is_valid() else ""
    if not query:
        messages.error(request, _("This filter chooses nothing, so it was not saved."))
        return redirect("history-page")
    if SavedFilter.objects.filter(user=user).count() >= MAX_FILTERS:
        messages.error(request, _("You have %d saved filters; remove one first.") % MAX_FILTERS)
    else:
        SavedFilter.objects.get_or_create(user=user, query=query)
    return redirect(f"{reverse('history-page')}?{query}")


@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
def remove_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one of the user's own filters."""
    get_object_or_404(SavedFilter, pk=pk, user=get_current_user(request)).delete()
    return redirect("history-page")
