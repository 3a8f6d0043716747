"""Who may use SCIM, and how its filters are read; apart, because the package needs them to load the rest."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_scim import constants
from django_scim.filters import UserFilterQuery

_QUOTED = re.compile(r'"[^"]*"')


class ScimAuthentication:
    """Lets in whoever sends ``SCIM_TOKEN``; without that setting nobody."""

    def __init__(self, get_response: Callable[..., HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the response, or 401."""
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if settings.SCIM_TOKEN and hmac.compare_digest(sent.encode(), settings.SCIM_TOKEN.encode()):
            return self.get_response(request, *args, **kwargs)
        body = {
            "schemas": [constants.SchemaURI.ERROR],
            "status": "401",
            "detail": "A bearer token is needed.",
        }
        headers = {"WWW-Authenticate": "Bearer"}
        return JsonResponse(body, status=401, content_type=constants.SCIM_CONTENT_TYPE, headers=headers)


class ScimFilter(UserFilterQuery):  # type: ignore[misc]  # the package ships no types
    """Finds users by address, external id, or whether they are active."""

    attr_map = {
        ("userName", None, None): "email",
        ("externalId", None, None): "scim_external_id",
        ("active", None, None): "is_active",
    }

    @classmethod
    def search(cls, filter_query: str, request: HttpRequest | None = None) -> Any:
        """Return the rows; addresses are compared in lower case, as they are stored."""
        if "username" in filter_query.lower():
            filter_query = _QUOTED.sub(lambda found: found[0].lower(), filter_query)
        return super().search(filter_query, request)
