"""API views of comparisons and predictions."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import fetch_page
from accounts.auth.authentication import require_user
from accounts.auth.throttles import PairThrottle, PrincipalThrottle, RequestThrottle
from matching.api import examples
from matching.api.batch_serializers import (
    BatchRequestSerializer,
    BatchResponseSerializer,
    build_batch_response,
)
from matching.api.errors import translate_errors
from matching.api.list_serializers import (
    AllProfilesSerializer,
    PredictionListSerializer,
    PredictionPageSerializer,
    serialize_all_profiles,
    serialize_prediction_summary,
)
from matching.api.serializers import (
    CompareRequestSerializer,
    PairSerializer,
    PredictionSerializer,
    serialize_prediction,
    serialize_reviewed_prediction,
)
from matching.compare import metrics
from matching.compare.all_profiles import compare_all_profiles
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store, compare_batch
from matching.models import Prediction
from matters.api.fields import read_matter


class CompareView(APIView):
    """Compare two names."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"
    throttle_classes = (RequestThrottle,)
    throttle_pairs = 1

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=CompareRequestSerializer,
        responses={201: PredictionSerializer},
        examples=[examples.COMPARE_EXAMPLE],
        operation_id="compare",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare two names under a profile and store the prediction."""
        user = require_user(request)
        compare_request, matter = CompareRequestSerializer.parse_in_matter(request.data, user)
        with translate_errors():
            prediction = compare_and_store(user, compare_request, matter=matter)
        return Response(serialize_prediction(prediction), status=201)


class CompareProfilesView(APIView):
    """Compare two names under every profile."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"
    throttle_pairs = 1
    throttle_cost = 3  # measured: seven verdicts from one parse take as long as three comparisons

    @extend_schema(
        request=PairSerializer,
        responses=AllProfilesSerializer,
        examples=[examples.ALL_PROFILES_EXAMPLE],
        operation_id="compare_profiles",
    )
    def post(self, request: Request) -> Response:
        """Compare two names under every profile; nothing is stored, so feedback on it is not possible."""
        compare_request = PairSerializer.parse_request(request.data)
        with translate_errors():
            comparisons = compare_all_profiles(compare_request)
        metrics.ALL_PROFILES_REQUESTS.inc()
        return Response(serialize_all_profiles(comparisons))


class CompareBatchView(APIView):
    """Compare many pairs."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"
    throttle_classes = (PrincipalThrottle, PairThrottle)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=BatchRequestSerializer,
        responses={201: BatchResponseSerializer},
        examples=[examples.BATCH_EXAMPLE],
        operation_id="compare_batch",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare up to 1,000 pairs with one generation of models; results are in order, errors in place."""
        serializer = BatchRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        items = serializer.parse_items()
        valid = [item for item in items if isinstance(item, CompareRequest)]
        user = require_user(request)
        matter = read_matter(user, serializer.validated_data["matter"])
        with translate_errors():
            outcomes = compare_batch(user, valid, matter)
        return Response(build_batch_response(items, outcomes), status=201)


class PredictionsView(APIView):
    """List the own predictions."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(
        parameters=[PredictionListSerializer],
        responses=PredictionPageSerializer,
        operation_id="predictions",
    )
    def get(self, request: Request) -> Response:
        """List your own predictions, newest first."""
        query = PredictionListSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        user = require_user(request)
        filters = query.read_filters(user)
        limit, cursor = filters.pop("limit"), filters.pop("cursor", None)
        own = Prediction.objects.visible_to(user).for_listing().with_review()
        rows, next_cursor = fetch_page(own.filter_by(**filters), limit, cursor)
        return Response({"results": [serialize_prediction_summary(row) for row in rows], "next": next_cursor})


class PredictionView(APIView):
    """Read one prediction."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(responses=PredictionSerializer, operation_id="prediction")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your own predictions as it was returned at first, with its review as it is now."""
        own = Prediction.objects.visible_to(require_user(request)).with_model().with_review()
        return Response(serialize_reviewed_prediction(get_object_or_404(own, pk=pk)))
