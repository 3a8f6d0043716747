"""Admin pages of users, API keys and the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from accounts.admin.privacy import build_erasure_step
from accounts.admin.quotas import build_quota_step
from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationForm,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.audit.verification import verify_chain
from accounts.auth import users
from accounts.auth.client_address import get_client_address
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import require_recent_authentication, step_up
from accounts.auth.users import API_KEY_SCOPES
from accounts.models import ApiKey, AuditEvent, User
from accounts.sign_in import accounts, mail
from accounts.sign_in.accounts import MailNotConfiguredError

for table in (Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(table)  # changed where each change is recorded


_KEY_FIELDS = (
    "user",
    "name",
    "scopes",
    "prefix",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "replaces",
    "monthly_pairs",
)
_ACCESS_FIELDS = ("email", "role", "is_active", "password")
"""Fields that decide who signs in as whom, and what they may do then."""


class UserForm(DjangoUserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """The fields of a user, without the password."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")

    def clean(self) -> dict[str, Any]:
        """Refuse a change that would leave no administrator."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            users.require_other_administrator(User.objects.get(pk=self.instance.pk), cleaned)
        except users.LastAdministratorError as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """The fields of a new user; without a first password an invitation is mailed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        self.fields["password1"].help_text = gettext("Leave it empty to send an invitation by mail.")

    def clean(self) -> dict[str, Any]:
        """Refuse an account that nobody could open."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("password1", "") != cleaned.get("password2", ""):
            self.add_error("password2", self.error_messages["password_mismatch"])
        if not cleaned.get("password1") and not mail.is_configured():
            self.add_error("password1", gettext("No mail server is set up: give a first password."))
        return cleaned

    class Meta:
        model = User
        fields = ("email", "name", "role")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg, misc]  # as above
    """Users: the role decides their permissions; they are deactivated, not deleted."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    paginator = BoundedPaginator
    show_full_result_count = False
    readonly_fields = ("monthly_pairs", "last_login", "created_at", "updated_at")
    filter_horizontal = ()
    actions = None
    actions_detail = ("send_link", "remove_second_factors", "end_sessions", "set_quota", "erase")
    has_set_quota_permission = require_permission("accounts.change_user")
    has_erase_permission = require_permission("accounts.erase_names")
    has_assign_role_permission = require_permission("accounts.assign_role")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (gettext_lazy("Permissions"), {"fields": ("role", "is_active")}),
        ("API", {"fields": ("monthly_pairs",)}),
        (gettext_lazy("Times"), {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "password1", "password2")}),)
    has_delete_permission = deny_everyone  # type: ignore[assignment]  # a method all the same

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may make accounts: they have a role, so it takes both permissions."""
        return super().has_add_permission(request) and self.has_assign_role_permission(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask who is there before accounts are made or changed."""
        if request.method == "POST":
            require_recent_authentication(request)
        return super().changeform_view(request, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Return the times, one's own role, and all that gives access to those who may not give it."""
        if obj and not self.has_assign_role_permission(request):
            return (*self.readonly_fields, *_ACCESS_FIELDS)
        return (*self.readonly_fields, "role") if obj == request.user else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the user with the group of the role, and record old and new values."""
        actor = get_current_user(request)
        if change:
            users.update_user(obj, {name: form.cleaned_data[name] for name in form.changed_data}, actor)
        else:
            password = form.cleaned_data["password1"]
            created = users.create_user(obj.email, password or None, obj.role, actor, obj.name)
            obj.pk = created.pk
            if password:
                accounts.mark_initial_password(created, actor)
            else:
                accounts.invite(created, actor)

    @admin_button(gettext_lazy("Send a link to set a password"), "assign_role")
    @step_up
    def send_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mail a user a link with which they choose a password."""
        user = get_object_or_404(User, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            accounts.invite(user, actor)
            return gettext("A link is on its way to {email}.").format(email=user.email)

        text = gettext("It works once, for a day. Until it is used the old password stays.")
        return self._confirm(request, user, gettext("Send a link to set a password?"), text, perform)

    @admin_button(gettext_lazy("Remove second factors"), "assign_role")
    @step_up
    def remove_second_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Remove the second factors of a user who has lost them."""
        user = get_object_or_404(User, pk=object_id)

        def perform(actor: User, fields: Any) -> str:
            accounts.remove_second_factors(user, actor, fields["reason"], get_client_address(request))
            return gettext("{email} has no second factor any more.").format(email=user.email)

        text = gettext("Make sure by another way that it is they who ask. They are told by mail.")
        return self._confirm(request, user, gettext("Remove all second factors?"), text, perform, ReasonForm)

    @admin_button(gettext_lazy("Sign out everywhere"), "assign_role")
    def end_sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End all sessions of a user, on the pages and in API clients."""
        user = get_object_or_404(User, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            accounts.end_all_sessions(user, actor, "by administrator")
            return gettext("{email} is signed out everywhere.").format(email=user.email)

        return self._confirm(
            request, user, gettext("Sign this user out everywhere?"), gettext("API keys go on."), perform
        )

    @admin_button(gettext_lazy("Monthly quota"), "set_quota")
    def set_quota(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bound the pairs that a user with all of their keys may send over the API in a month."""
        user = get_object_or_404(User, pk=object_id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        return handle_confirmation(self.admin_site, request, build_quota_step(user, back))

    @admin_button(gettext_lazy("Erase names"), "erase")
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request the erasure of all names that this user sent."""
        user = get_object_or_404(User, pk=object_id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        return handle_confirmation(self.admin_site, request, build_erasure_step(user, back))

    def _confirm(
        self,
        request: HttpRequest,
        user: User,
        title: str,
        text: str,
        perform: Callable[[User, Any], str],
        form_class: type[forms.Form] = ConfirmationForm,
    ) -> HttpResponse:
        back = reverse("admin:accounts_user_change", args=[user.pk])
        step = ConfirmationStep(
            title, text, gettext("Do it"), back, perform, form_class, (MailNotConfiguredError,)
        )
        return handle_confirmation(self.admin_site, request, step)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set the password of another user and record it."""
        if not self.has_assign_role_permission(request):
            raise PermissionDenied
        require_recent_authentication(request)
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                accounts.mark_initial_password(get_object_or_404(User, pk=id), get_current_user(request))
        return response


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """The owner, purpose, scopes and expiry of a key."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(scope, scope) for scope in API_KEY_SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiKey
        fields = ("user", "name", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """API keys: shown once when created, revoked for good."""

    form = ApiKeyForm
    list_display = ("name", "user", "prefix", "last_used_at", "expires_at", "revoked_at", "monthly_pairs")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    autocomplete_fields = ("user",)
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None
    actions_detail = ("set_quota", "revoke")
    has_set_quota_permission = require_permission("accounts.change_apikey")
    has_revoke_permission = require_permission("accounts.change_apikey")
    has_delete_permission = deny_everyone

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """Return every field of an existing key, which cannot be changed."""
        return _KEY_FIELDS if obj else ()

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """Return the fields of the form for a new key, or those shown of an existing one."""
        return self.get_readonly_fields(request, obj) or ("user", "name", "scopes", "expires_at")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Create the key and show it once."""
        data = form.cleaned_data
        row, key = users.issue_api_key(
            data["user"], data["name"], get_current_user(request), data["scopes"], data["expires_at"]
        )
        obj.pk = row.pk
        messages.warning(
            request, gettext("Copy this key now; it cannot be shown again: {key}").format(key=key)
        )

    def log_addition(self, request: HttpRequest, obj: ApiKey, message: Any) -> None:
        """Write no log entry: the audit trail has the event, and the message holds the key."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask who is there before a key is made."""
        if request.method == "POST":
            require_recent_authentication(request)
        return super().changeform_view(request, *args, **kwargs)

    @admin_button(gettext_lazy("Monthly quota"), "set_quota")
    def set_quota(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bound the pairs that the key may send in a month."""
        key = get_object_or_404(ApiKey, pk=object_id)
        back = reverse("admin:accounts_apikey_change", args=[key.pk])
        return handle_confirmation(self.admin_site, request, build_quota_step(key, back))

    @admin_button(gettext_lazy("Revoke"), "revoke")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Revoke the key after confirmation."""
        key = get_object_or_404(ApiKey, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            users.revoke_api_key(key, actor)
            return gettext("{key} is revoked.").format(key=key)

        back = reverse("admin:accounts_apikey_change", args=[key.pk])
        text = gettext("Whatever uses this key is refused from its next request on. This cannot be undone.")
        return handle_confirmation(
            self.admin_site,
            request,
            ConfirmationStep(gettext("Revoke {key}").format(key=key), text, gettext("Revoke"), back, perform),
        )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The events of the audit trail."""

    list_display = ("at", "actor", "action", "object_type", "object_id")
    list_filter = ("object_type",)
    list_select_related = ("actor",)
    search_fields = ("object_id__exact", "action__startswith", "actor__email__exact")
    search_help_text = gettext_lazy("Id of the object, beginning of the action, or the e-mail of who acted")
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None
    actions_list = ("verify_chain",)
    has_verify_chain_permission = require_permission("accounts.view_auditseal")
    fields = (*list_display, "detail", "request_id", "seal_column")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("Seal"))
    def seal_column(self, event: AuditEvent) -> str:
        """Return the number and hash of the seal of the event."""
        seal = getattr(event, "seal", None)
        return f"{seal.seq}: {seal.hash}" if seal else gettext("not sealed yet")

    @admin_button(gettext_lazy("Verify the chain"), "verify_chain")
    def verify_chain(self, request: HttpRequest) -> HttpResponse:
        """Verify the chain and show the result."""
        report = verify_chain()
        if report.fault:
            messages.error(request, gettext("The chain is broken: {fault}.").format(fault=report.fault))
        else:
            summary = gettext("{sealed_count} seals intact, {unsealed_count} events not sealed yet.").format(
                sealed_count=report.sealed_count, unsealed_count=report.unsealed_count
            )
            messages.success(
                request,
                gettext("{summary} Head: {head_hash}").format(summary=summary, head_hash=report.head_hash),
            )
        return redirect("admin:accounts_auditevent_changelist")
