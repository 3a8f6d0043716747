"""The admin page of precedents that answer for the same pair; leads revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.admin.clause_links import link_version
from feedback.permissions import LEAD_PERMISSION
from feedback.review.precedents import PrecedentError, revoke_precedent
from matching.models import PairPrecedent, join_prediction
from matters.wall import select_visible


@admin.register(PairPrecedent)
class PairPrecedentAdmin(ReadOnlyAdmin):
    """Decisions that answer when the same pair is asked again, without the names."""

    list_display = ("__str__", "material", "created_at", "ended_at", "end_reason")
    list_filter = ("profile", "end_reason")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display[1:], "profile", "guideline_link", "active_from", "prediction", "revoked_by")
    readonly_fields = fields
    actions = None
    actions_detail = ("revoke",)
    has_revoke_permission = require_permission(LEAD_PERMISSION)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PairPrecedent]:
        """Return the rows on the user's side of every wall."""
        rows: QuerySet[PairPrecedent] = super().get_queryset(request)
        return select_visible(join_prediction(rows), get_current_user(request))

    @admin.display(description=gettext_lazy("Guideline"), ordering="guideline_version")
    def guideline_link(self, row: PairPrecedent) -> str:
        """Return a link to the version under which the pair was decided."""
        return link_version(row.guideline_version)

    @admin_button(gettext_lazy("Revoke"), "revoke")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a precedent and the answers that it gave, with a reason."""
        precedent = get_object_or_404(self.get_queryset(request), pk=object_id)

        def perform(actor: User, fields: Mapping[str, Any]) -> str:
            count = revoke_precedent(precedent, actor, fields["reason"])
            return gettext("Revoked. Answers that it gave and that are withdrawn now: {count}.").format(
                count=count
            )

        text = gettext(
            "The pair goes to a reviewer when it is asked again. Answers by this precedent are withdrawn."
        )
        back = reverse("admin:matching_pairprecedent_change", args=[precedent.pk])
        step = ConfirmationStep(
            gettext("Revoke the precedent?"),
            text,
            gettext("Revoke"),
            back,
            perform,
            ReasonForm,
            (PrecedentError,),
        )
        return handle_confirmation(self.admin_site, request, step)
