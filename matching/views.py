"""The comparison over HTTP."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import person_of
from accounts.problems import UnavailableError
from matching.engine import EngineError
from matching.models import Prediction
from matching.serializers import AnswerSerializer, QuestionSerializer, answer, stored_answer
from matching.services import compare
from modelops.loader import ArtefactError, NoLiveModelError

_EXAMPLE = OpenApiExample(
    "Two spellings of one legal form",
    value={"name1": "Acme Incorporated", "name2": "Acme, Inc.", "profile": "general"},
    request_only=True,
)


class CompareView(APIView):
    """Decide whether the difference between two names is material."""

    needs = "matching.add_prediction"
    scope = "compare"

    @extend_schema(
        request=QuestionSerializer,
        responses={201: AnswerSerializer},
        examples=[_EXAMPLE],
        operation_id="compare",
    )
    def post(self, request: Request) -> Response:
        """Compare two names under a profile and store the answer."""
        serializer = QuestionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            return Response(answer(compare(person_of(request), serializer.question())), status=201)
        except EngineError as error:
            raise ValidationError({"names": [str(error)]}) from None
        except (NoLiveModelError, ArtefactError) as error:
            raise UnavailableError from error


class PredictionView(APIView):
    """An earlier answer."""

    needs = "matching.view_prediction"
    scope = "read"

    @extend_schema(responses=AnswerSerializer, operation_id="prediction")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your own answers as it was given."""
        own = Prediction.objects.of(person_of(request)).with_model()
        return Response(stored_answer(get_object_or_404(own, pk=pk)))
