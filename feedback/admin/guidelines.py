"""The admin pages of the guideline: its versions, the draft, and its publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    ConfirmationStep,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.models import User
from feedback.guideline.service import GuidelineError, start_draft
from feedback.guideline.views import review_publication, show_guideline
from feedback.models import Clause, Guideline


class ClauseInline(StackedInline):  # type: ignore[misc]  # the theme is untyped
    """The clauses on the page of their version."""

    model = Clause
    extra = 0
    fields = ("chapter", "number", "title", "text", "categories", "position")
    tab = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow adding clauses to a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.add_clause")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow changing clauses of a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.change_clause")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting clauses of a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.delete_clause")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show clauses to whoever sees the guideline."""
        return request.user.has_perm("feedback.view_guideline")


class VersionForm(forms.Form):
    """The name of the next version."""

    version = forms.CharField(label=_("Version"), max_length=20, widget=UnfoldAdminTextInputWidget())


@admin.register(Guideline)
class GuidelineAdmin(ModelAdmin):  # type: ignore[misc]  # the theme is untyped
    """The versions of the guideline: a draft is editable, a published one is immutable."""

    list_display = ("version", "status", "created_at", "published_at", "published_by")
    list_select_related = ("published_by",)
    fields = ("version", "summary", "status", "created_at", "published_at", "published_by")
    readonly_fields = ("status", "created_at", "published_at", "published_by")
    inlines = (ClauseInline,)
    actions = None
    actions_list = ("read_guideline", "create_draft")
    actions_detail = ("read_version", "publish_draft")
    has_create_draft_permission = require_permission("feedback.add_guideline")
    has_publish_draft_permission = require_permission("feedback.change_guideline")
    has_read_guideline_permission = require_permission("feedback.view_guideline")
    has_add_permission = deny_everyone
    has_delete_permission = deny_everyone

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow changing a draft only."""
        return _is_draft(obj) and request.user.has_perm("feedback.change_guideline")

    def get_urls(self) -> list[Any]:
        """Return the pages of the text, then the admin's own pages of versions."""
        text = self.admin_site.admin_view(show_guideline)
        return [
            path("text/", text, name="guideline-text"),
            path("text/<path:version>/", text, name="guideline-version"),
            *super().get_urls(),
        ]

    @admin_button(_("Read the guideline in force"), "read_guideline")
    def read_guideline(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the text in force."""
        return redirect("admin:guideline-text")

    @admin_button(_("Read this version"), "read_guideline")
    def read_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirect to the text of a version."""
        return redirect(get_object_or_404(Guideline, pk=object_id))

    @admin_button(_("Begin the next version"), "create_draft")
    def create_draft(self, request: HttpRequest) -> HttpResponse:
        """Copy the guideline in force into a draft."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            start_draft(actor, data["version"])
            return gettext("The draft is a copy of the guideline in force. Edit it, then publish it.")

        text = gettext(
            "Decisions keep the version they were made under; the draft changes nothing until published."
        )
        back = reverse("admin:feedback_guideline_changelist")
        step = ConfirmationStep(
            gettext("Begin the next version?"),
            text,
            gettext("Begin"),
            back,
            perform,
            VersionForm,
            (GuidelineError,),
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(_("Show the changes and publish"), "publish_draft")
    def publish_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what the draft changes and does, and put it in force when that is confirmed."""
        draft = Guideline.objects.filter(pk=object_id, status=Guideline.Status.DRAFT).first()
        if draft is None:
            messages.warning(request, _("There is no such draft, or it is published already."))
            return redirect("admin:feedback_guideline_changelist")
        return review_publication(request, draft)

    def save_model(self, request: HttpRequest, obj: Guideline, form: Any, change: bool) -> None:
        """Write what the form has, so that an edit that is sent late takes no version out of force."""
        obj.save(update_fields=["version", "summary"])


def _is_draft(row: Any) -> bool:
    return isinstance(row, Guideline) and row.status == Guideline.Status.DRAFT
