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

from accounts.authentication import person_of
from accounts.idempotency import idempotent
from accounts.openapi import KEY_PARAMETER
from accounts.paging import page
from accounts.problems import UnavailableError
from accounts.throttles import PairThrottle
from matching import examples, metrics
from matching.batch import compare_batch
from matching.batch_serializers import BatchAnswerSerializer, BatchSerializer, batch_answer
from matching.engine import EngineError
from matching.engine.types import ArtefactError as UnfitModelError
from matching.listing import (
    EveryProfileSerializer,
    PredictionFilterSerializer,
    PredictionPageSerializer,
    every_answer,
    short_answer,
)
from matching.models import Prediction
from matching.outlook import every_profile
from matching.questions import Question
from matching.serializers import (
    AnswerSerializer,
    PairSerializer,
    QuestionSerializer,
    answer,
    stored_answer,
)
from matching.services import compare
from modelops.serving.loader import ArtefactError, NoLiveModelError


@contextmanager
def faults_as_problems() -> Iterator[None]:
    """Turn what keeps a question from being answered into a problem."""
    try:
        yield
    except (NoLiveModelError, ArtefactError, UnfitModelError) as error:
        raise UnavailableError from error
    except EngineError as error:
        raise ValidationError({"names": [str(error)]}) from None


class CompareView(APIView):
    """Decide whether the difference between two names is material."""

    needs = "matching.add_prediction"
    scope = "compare"

    @extend_schema(
        parameters=[KEY_PARAMETER],
        request=QuestionSerializer,
        responses={201: AnswerSerializer},
        examples=[examples.QUESTION],
        operation_id="compare",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare two names under a profile and store the answer."""
        question = QuestionSerializer.asked(request.data)
        with faults_as_problems():
            return Response(answer(compare(person_of(request), question)), status=201)


class CompareProfilesView(APIView):
    """See one pair under every profile."""

    needs = "matching.add_prediction"
    scope = "compare"
    throttle_cost = 3  # measured: seven answers from one reading take as long as three comparisons

    @extend_schema(
        request=PairSerializer,
        responses=EveryProfileSerializer,
        examples=[examples.PAIR],
        operation_id="compare_profiles",
    )
    def post(self, request: Request) -> Response:
        """Compare two names under every profile; nothing is stored, so nothing can be objected to."""
        question = PairSerializer.asked(request.data)
        with faults_as_problems():
            found = every_profile(question)
        metrics.OUTLOOKS.inc()
        return Response(every_answer(found))


class CompareBatchView(APIView):
    """Compare many pairs at once."""

    needs = "matching.add_prediction"
    scope = "compare"
    throttle_classes = (PairThrottle,)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        request=BatchSerializer,
        responses={201: BatchAnswerSerializer},
        examples=[examples.BATCH],
        operation_id="compare_batch",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare up to 1,000 pairs by one generation of models; results come in order, errors in place."""
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        items = serializer.items()
        with faults_as_problems():
            given = compare_batch(person_of(request), [it for it in items if isinstance(it, Question)])
        return Response(batch_answer(items, given), status=201)


class PredictionsView(APIView):
    """Earlier answers."""

    needs = "matching.view_prediction"
    scope = "read"

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
        rows, following = page(Prediction.objects.of(person_of(request)).in_short().chosen(**given), *at)
        return Response({"results": [short_answer(row) for row in rows], "next": following})


class PredictionView(APIView):
    """An earlier answer."""

    needs = "matching.view_prediction"
    scope = "read"

    @extend_schema(responses=AnswerSerializer, operation_id="prediction")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your own answers as it was given."""
        own = Prediction.objects.of(person_of(request)).with_model()
        return Response(stored_answer(get_object_or_404(own, pk=pk)))
