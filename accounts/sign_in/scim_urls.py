"""Addresses of SCIM 2.0: users and what describes the service."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from django_scim import views

app_name = "scim"


class ResourceTypesView(views.ResourceTypesView):  # type: ignore[misc]  # the package ships no types
    """Lists users only: groups are not kept."""

    def type_dict_by_type_id(self, request: HttpRequest) -> dict[str, Any]:
        """Return the descriptions by id."""
        description = views.get_user_adapter().resource_type_dict(request)
        return {description["id"]: description}


urlpatterns = [
    path("Users", views.UsersView.as_view(), name="users"),
    path("Users/<uuid:uuid>", views.UsersView.as_view(), name="users"),
    path("Users/.search", views.UserSearchView.as_view(), name="users-search"),
    path("ServiceProviderConfig", views.ServiceProviderConfigView.as_view(), name="service-provider-config"),
    path("ResourceTypes", ResourceTypesView.as_view(), name="resource-types"),
    path("ResourceTypes/<slug:uuid>", ResourceTypesView.as_view(), name="resource-types"),
    path("Schemas", views.SchemasView.as_view(), name="schemas"),
    path("Schemas/<str:uuid>", views.SchemasView.as_view(), name="schemas"),
    path("", views.SCIMView.as_view(implemented=False), name="root"),
]
