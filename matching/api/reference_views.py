"""API views of profiles, categories and live models. They change seldom, so an ETag saves sending them."""

from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.http import etag
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.openapi import ETAG_PARAMETER
from accounts.encryption.crypto import sha256
from matching.api.errors import translate_errors
from matching.api.list_serializers import (
    CategoriesSerializer,
    ModelsSerializer,
    ProfilesSerializer,
    list_categories,
    list_live_models,
    list_profiles,
)
from matching.engine import RULES_VERSION
from matching.serving.live_models import get_model_loader


def _build_rules_etag(_request: Request, *_: Any) -> str:
    return f'"{RULES_VERSION}"'


def _build_models_etag(_request: Request, *_: Any) -> str:
    with translate_errors():
        live = get_model_loader().get_live_models()
    return f'"{live.generation}-{sha256(repr(sorted(live.models_by_slot)).encode())[:12]}"'


class ProfilesView(APIView):
    """List the profiles."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(parameters=[ETAG_PARAMETER], responses=ProfilesSerializer, operation_id="profiles")
    @method_decorator(etag(_build_rules_etag))
    def get(self, request: Request) -> Response:
        """List the profiles and what each category of difference does under them."""
        return Response(list_profiles())


class CategoriesView(APIView):
    """List the categories of difference."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(parameters=[ETAG_PARAMETER], responses=CategoriesSerializer, operation_id="categories")
    @method_decorator(etag(_build_rules_etag))
    def get(self, request: Request) -> Response:
        """List the categories of difference with explanation, authority and example."""
        return Response(list_categories())


class ModelsView(APIView):
    """List the live models."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(parameters=[ETAG_PARAMETER], responses=ModelsSerializer, operation_id="models")
    @method_decorator(etag(_build_models_etag))
    def get(self, request: Request) -> Response:
        """List the model versions that are live, by role and profile."""
        with translate_errors():
            return Response(list_live_models())
