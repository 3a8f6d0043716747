"""A batch over the API: what may be sent, and results in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.problems import ProblemSerializer, build_problem
from matching.api.serializers import (
    CompareRequestSerializer,
    PredictionSerializer,
    build_compare_request,
    serialize_comparison,
)
from matching.compare.available_profiles import get_available_profiles
from matching.compare.request import CompareRequest
from matching.compare.service import MAX_BATCH_PAIRS, BatchOutcome, StoredComparison
from matching.engine import EngineError

BatchItem = CompareRequest | ValidationError


@extend_schema_field(CompareRequestSerializer(many=True))
class BatchPairsField(serializers.ListField):
    """The questions of a batch as they were sent: each is checked by itself."""


class BatchRequestSerializer(serializers.Serializer[Any]):
    """Up to 1,000 questions, and the profile of those that name none."""

    pairs = BatchPairsField(min_length=1, max_length=MAX_BATCH_PAIRS)
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")

    def parse_items(self) -> list[BatchItem]:
        """Return the checked questions in order; in the place of a bad one, what is wrong with it."""
        given = self.validated_data
        question = CompareRequestSerializer()
        return [_parse_item(question, pair, given["profile"]) for pair in given["pairs"]]


class BatchResultSerializer(serializers.Serializer[Any]):
    """What came of one question: an answer, or a problem."""

    answer = PredictionSerializer(required=False)
    error = ProblemSerializer(required=False)


class BatchResponseSerializer(serializers.Serializer[Any]):
    """Results in the order of the questions. Describes :func:`batch_answer`."""

    results = BatchResultSerializer(many=True)


def build_batch_response(items: Sequence[BatchItem], given: Sequence[BatchOutcome]) -> dict[str, Any]:
    """Return one result for each item: the answers in order, and problems where there is none."""
    answers = iter(given)
    results = [_build_result(item if isinstance(item, ValidationError) else next(answers)) for item in items]
    return {"results": results}


def _parse_item(question: CompareRequestSerializer, pair: Any, profile: str) -> BatchItem:
    named = {"profile": profile, **pair} if isinstance(pair, dict) else pair
    try:
        return build_compare_request(question.run_validation(named))
    except ValidationError as error:
        return error


def _build_result(given: BatchOutcome | ValidationError) -> dict[str, Any]:
    if isinstance(given, StoredComparison):
        return {"answer": serialize_comparison(given)}
    fault = ValidationError({"names": [str(given)]}) if isinstance(given, EngineError) else given
    return {"error": build_problem(fault)}
