"""The comparison over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import fetch_page
from accounts.api.problems import UnavailableError
from accounts.auth.authentication import require_user
from accounts.auth.throttles import PairThrottle
from matching.api import examples
from matching.api.batch_serializers import (
    BatchRequestSerializer,
    BatchResponseSerializer,
    build_batch_response,
)
from matching.api.list_serializers import (
    AllProfilesSerializer,
    PredictionFilterSerializer,
    PredictionPageSerializer,
    serialize_all_profiles,
    serialize_prediction_summary,
)
from matching.api.serializers import (
    CompareRequestSerializer,
    PairSerializer,
    PredictionSerializer,
    serialize_comparison,
    serialize_prediction,
)
from matching.compare import metrics
from matching.compare.all_profiles import compare_all_profiles
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store, compare_batch
from matching.engine import EngineError
from matching.engine.types import ArtefactError as UnfitModelError
from matching.models import Prediction
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn what keeps a question from being answered into a problem."""
    try:
        yield
    except (NoLiveModelError, ArtefactVerificationError, UnfitModelError) as error:
        raise UnavailableError from error
    except EngineError as error:
        raise ValidationError({"names": [str(error)]}) from None


class CompareView(APIView):
    """Decide whether the difference between two names is material."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=CompareRequestSerializer,
        responses={201: PredictionSerializer},
        examples=[examples.COMPARE_EXAMPLE],
        operation_id="compare",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare two names under a profile and store the answer."""
        question = CompareRequestSerializer.parse_request(request.data)
        with translate_errors():
            return Response(
                serialize_comparison(compare_and_store(require_user(request), question)), status=201
            )


class CompareProfilesView(APIView):
    """See one pair under every profile."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"
    throttle_cost = 3  # measured: seven answers from one reading take as long as three comparisons

    @extend_schema(
        request=PairSerializer,
        responses=AllProfilesSerializer,
        examples=[examples.ALL_PROFILES_EXAMPLE],
        operation_id="compare_profiles",
    )
    def post(self, request: Request) -> Response:
        """Compare two names under every profile; nothing is stored, so nothing can be objected to."""
        question = PairSerializer.parse_request(request.data)
        with translate_errors():
            found = compare_all_profiles(question)
        metrics.ALL_PROFILES_REQUESTS.inc()
        return Response(serialize_all_profiles(found))


class CompareBatchView(APIView):
    """Compare many pairs at once."""

    required_permission = "matching.add_prediction"
    required_scope = "compare"
    throttle_classes = (PairThrottle,)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=BatchRequestSerializer,
        responses={201: BatchResponseSerializer},
        examples=[examples.BATCH_EXAMPLE],
        operation_id="compare_batch",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare up to 1,000 pairs by one generation of models; results come in order, errors in place."""
        serializer = BatchRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        items = serializer.parse_items()
        with translate_errors():
            given = compare_batch(
                require_user(request), [it for it in items if isinstance(it, CompareRequest)]
            )
        return Response(build_batch_response(items, given), status=201)


class PredictionsView(APIView):
    """Earlier answers."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(
        parameters=[PredictionFilterSerializer],
        responses=PredictionPageSerializer,
        operation_id="predictions",
    )
    def get(self, request: Request) -> Response:
        """List your own answers, newest first."""
        asked = PredictionFilterSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        at = given.pop("limit"), given.pop("cursor", None)
        rows, following = fetch_page(
            Prediction.objects.for_user(require_user(request)).for_listing().filter_by(**given), *at
        )
        return Response({"results": [serialize_prediction_summary(row) for row in rows], "next": following})


class PredictionView(APIView):
    """An earlier answer."""

    required_permission = "matching.view_prediction"
    required_scope = "read"

    @extend_schema(responses=PredictionSerializer, operation_id="prediction")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your own answers as it was given."""
        own = Prediction.objects.for_user(require_user(request)).with_model()
        return Response(serialize_prediction(get_object_or_404(own, pk=pk)))
