"""Admin pages of users, API keys and the audit trail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.privacy import build_erasure_step
from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.audit import trail as audit
from accounts.auth import users
from accounts.auth.current_user import get_current_user
from accounts.auth.users import API_KEY_SCOPES
from accounts.models import ApiKey, AuditEvent, User

for table in (Group, OutstandingToken, BlacklistedToken):
    admin.site.unregister(table)


class UserForm(DjangoUserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """The fields of a user, without the password."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")


class NewUserForm(UserCreationForm):  # type: ignore[misc]  # the package ships no types
    """The fields of a new user, with the first password."""

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
    readonly_fields = ("last_login", "created_at", "updated_at")
    filter_horizontal = ()
    actions = None
    actions_detail = ("erase",)
    has_erase_permission = require_permission("accounts.erase_names")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Permissions", {"fields": ("role", "is_active")}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "password1", "password2")}),)
    has_delete_permission = deny_everyone  # type: ignore[assignment]  # a method all the same

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the user, keep role and group consistent, and record the change."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = "user.changed" if change else "user.created"
            audit.record_event(action, obj, get_current_user(request), fields=form.changed_data)
            if not change or "role" in form.changed_data:
                users.set_role(obj, obj.role, get_current_user(request))

    @admin_button("Erase names", "erase")
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request the erasure of all names that this user sent."""
        user = get_object_or_404(User, pk=object_id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        return handle_confirmation(self.admin_site, request, build_erasure_step(user, back))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set the password of another user and record it."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                audit.record_event(
                    "user.password_set", get_object_or_404(User, pk=id), get_current_user(request)
                )
        return response


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """The owner, purpose, scopes and expiry of a key."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in API_KEY_SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = ApiKey
        fields = ("user", "name", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """API keys: shown once when created, revoked for good."""

    form = ApiKeyForm
    list_display = ("name", "user", "prefix", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    autocomplete_fields = ("user",)
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None
    actions_detail = ("revoke",)
    has_revoke_permission = require_permission("accounts.change_apikey")
    has_delete_permission = deny_everyone

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """Return every field of an existing key, which cannot be changed."""
        return ("user", "name", "scopes", "prefix", "expires_at", "last_used_at", "revoked_at") if obj else ()

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
        messages.warning(request, f"Copy this key now; it cannot be shown again: {key}")

    def log_addition(self, request: HttpRequest, obj: ApiKey, message: Any) -> None:
        """Write no log entry: the audit trail has the event, and the message holds the key."""

    @admin_button("Revoke", "revoke")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Revoke the key after confirmation."""
        key = get_object_or_404(ApiKey, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            users.revoke_api_key(key, actor)
            return f"{key} is revoked."

        back = reverse("admin:accounts_apikey_change", args=[key.pk])
        text = "Whatever uses this key is refused from its next request on. This cannot be undone."
        return handle_confirmation(
            self.admin_site, request, ConfirmationStep(f"Revoke {key}", text, "Revoke", back, perform)
        )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The events of the audit trail."""

    list_display = ("at", "actor", "action", "object_type", "object_id")
    list_filter = ("object_type",)
    list_select_related = ("actor",)
    search_fields = ("object_id__exact", "action__startswith", "actor__email__exact")
    search_help_text = "Id of the object, beginning of the action, or the e-mail of who acted"
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None
    actions_list = ("verify_chain",)
    has_verify_chain_permission = require_permission("accounts.view_auditseal")
    fields = (*list_display, "detail", "request_id", "seal_column")
    readonly_fields = fields

    @admin.display(description="Seal")
    def seal_column(self, event: AuditEvent) -> str:
        """Return the number and hash of the seal of the event."""
        seal = getattr(event, "seal", None)
        return f"{seal.seq}: {seal.hash}" if seal else "not sealed yet"

    @admin_button("Verify the chain", "verify_chain")
    def verify_chain(self, request: HttpRequest) -> HttpResponse:
        """Verify the chain and show the result."""
        report = audit.verify_chain()
        if report.fault:
            messages.error(request, f"The chain is broken: {report.fault}.")
        else:
            found = f"{report.sealed_count} seals intact, {report.unsealed_count} events not sealed yet."
            messages.success(request, f"{found} Head: {report.head_hash}")
        return redirect("admin:accounts_auditevent_changelist")
