"""The admin pages of matters and organisations, for administrators.

They show which matters there are and who their members are, never the note nor what belongs to them: an
administrator is no member. Every change is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.audit import trail
from accounts.auth.current_user import get_current_user
from accounts.models import User
from matters import organisations, service
from matters.models import Matter, Organisation
from matters.service import MatterError

_may_administer = require_permission("matters.administer_matters")


class AddressForm(forms.Form):
    """The e-mail address of an account."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), widget=UnfoldAdminTextInputWidget())


class MemberForm(AddressForm):
    """A member to add."""

    is_manager = forms.BooleanField(
        label=gettext_lazy("May change and close the matter, and add and remove members"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
    )


@admin.register(Matter)
class MatterAdmin(ReadOnlyAdmin):
    """Which matters there are, with their members."""

    list_display = ("reference", "created_by", "created_at", "closed_at")
    list_select_related = ("created_by",)
    search_fields = ("client_number", "matter_number", "created_by__email")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "closed_by", "display_members")
    readonly_fields = fields
    actions = None
    actions_detail = ("add_member", "remove_member")
    has_module_permission = _may_administer
    has_view_permission = _may_administer
    has_add_member_permission = _may_administer
    has_remove_member_permission = _may_administer

    def get_queryset(self, request: HttpRequest) -> QuerySet[Matter]:
        """Return all matters without their notes."""
        rows: QuerySet[Matter] = super().get_queryset(request)
        return rows.defer("note")

    @admin.display(description=gettext_lazy("Members"))
    def display_members(self, matter: Matter) -> SafeString:
        """Return the addresses of the members, managers marked."""
        rows = (
            (member.user.email, gettext(" (manager)") if member.is_manager else "")
            for member in matter.members.select_related("user")
        )
        return format_html_join("", "<div>{}{}</div>", rows)

    @admin_button(gettext_lazy("Add a member"), "add_member")
    def add_member(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make an account a member, for a matter whose managers cannot."""
        matter = get_object_or_404(Matter, pk=object_id)

        def perform(actor: User, fields: Mapping[str, Any]) -> str:
            service.add_member(matter, fields["email"], actor, fields["is_manager"])
            return gettext("The member is added.")

        text = gettext(
            "A member sees all that the matter holds. The audit trail records who was added and by whom."
        )
        return self._confirm(request, matter, gettext("Add a member"), text, perform, MemberForm)

    @admin_button(gettext_lazy("Remove a member"), "remove_member")
    def remove_member(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a membership."""
        matter = get_object_or_404(Matter, pk=object_id)

        def perform(actor: User, fields: Mapping[str, Any]) -> str:
            user = User.objects.filter(email=fields["email"].lower()).first()
            if user is None:
                raise MatterError(gettext("This person is not a member."))
            service.remove_member(matter, user.pk, actor)
            return gettext("The member is removed.")

        text = gettext(
            "From then on the person sees nothing of the matter, their own comparisons in it included."
        )
        return self._confirm(request, matter, gettext("Remove a member"), text, perform, AddressForm)

    def _confirm(
        self,
        request: HttpRequest,
        matter: Matter,
        title: str,
        text: str,
        perform: Any,
        form: type[forms.Form],
    ) -> HttpResponse:
        back = reverse("admin:matters_matter_change", args=[matter.pk])
        step = ConfirmationStep(title, text, title, back, perform, form, (MatterError,))
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin):  # type: ignore[misc]  # the theme is untyped
    """Organisations, whose customers' accounts share the history of what belongs to no matter."""

    list_display = ("name", "created_at")
    search_fields = ("name",)
    actions = None
    actions_detail = ("add_account", "remove_account")
    has_delete_permission = deny_everyone
    has_change_permission = deny_everyone
    has_module_permission = _may_administer
    has_view_permission = _may_administer
    has_add_account_permission = _may_administer
    has_remove_account_permission = _may_administer

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let administrators add organisations."""
        return request.user.has_perm("matters.administer_matters")

    def get_fields(self, _request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """Ask for the name of a new one; show the accounts of one that exists."""
        return ("name", "created_at", "display_accounts") if obj else ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """Show one that exists without changing it."""
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """Store a new organisation and record it, in the transaction of the page."""
        super().save_model(request, obj, form, change)
        trail.record_event("organisation.created", obj, get_current_user(request))

    @admin.display(description=gettext_lazy("Accounts"))
    def display_accounts(self, organisation: Organisation) -> SafeString:
        """Return the addresses of the accounts."""
        rows = organisation.accounts.select_related("user")
        return format_html_join("", "<div>{}</div>", ((row.user.email,) for row in rows))

    @admin_button(gettext_lazy("Add an account"), "add_account")
    def add_account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put an account into an organisation."""
        organisation = get_object_or_404(Organisation, pk=object_id)

        def perform(actor: User, fields: Mapping[str, Any]) -> str:
            organisations.put_into_organisation(organisation, fields["email"], actor)
            return gettext("The account belongs to the organisation.")

        text = gettext(
            "Users and client applications in it see one another's comparisons that belong to no matter."
        )
        return self._confirm(request, organisation, gettext("Add an account"), text, perform)

    @admin_button(gettext_lazy("Remove an account"), "remove_account")
    def remove_account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take an account out of an organisation."""
        organisation = get_object_or_404(Organisation, pk=object_id)

        def perform(actor: User, fields: Mapping[str, Any]) -> str:
            organisations.take_from_organisation(organisation, fields["email"], actor)
            return gettext("The account no longer belongs to the organisation.")

        text = gettext("From then on it sees its own comparisons alone, and the others do not see them.")
        return self._confirm(request, organisation, gettext("Remove an account"), text, perform)

    def _confirm(
        self, request: HttpRequest, organisation: Organisation, title: str, text: str, perform: Any
    ) -> HttpResponse:
        back = reverse("admin:matters_organisation_change", args=[organisation.pk])
        step = ConfirmationStep(title, text, title, back, perform, AddressForm, (MatterError,))
        return handle_confirmation(self.admin_site, request, step)
