"""What an API request needs: a permission of the person, and a scope when it comes with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey

if TYPE_CHECKING:  # views import their permissions and throttles while they are being defined
    from rest_framework.views import APIView


class HasPermissionAndScope(BasePermission):
    """Passes a signed-in person who holds ``view.needs`` through a key, if any, with ``view.scope``."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the request may go on; a view that names no permission and scope lets nobody in."""
        needs, scope = getattr(view, "needs", None), getattr(view, "scope", None)
        if needs is None or scope is None or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiKey) and scope not in request.auth.scopes:
            return False
        return bool(request.user.has_perm(needs))
