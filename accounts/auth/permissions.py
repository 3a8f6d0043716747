"""The permission check of the API: a permission of the user, and a scope of the API key if one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey

if TYPE_CHECKING:  # rest_framework.views imports this module through the settings
    from django.utils.functional import _StrOrPromise
    from rest_framework.views import APIView


class HasPermissionAndScope(BasePermission):
    """Passes a user who holds ``view.required_permission``; an API key also needs ``view.required_scope``."""

    message: _StrOrPromise = gettext_lazy("Your role does not allow this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request is allowed; a view without a permission and a scope allows nobody."""
        permission, scope = getattr(view, "required_permission", None), getattr(view, "required_scope", None)
        if permission is None or scope is None or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiKey) and scope not in request.auth.scopes:
            scopes = ", ".join(f"`{name}`" for name in request.auth.scopes) or "no scope"
            self.message = f"This API key lacks the scope `{scope}`; it has {scopes}."
            return False
        return bool(request.user.has_perm(permission))
