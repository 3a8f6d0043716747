"""Serializers of batches: up to 1,000 comparison requests, and their results in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.problems import ProblemSerializer, build_problem
from accounts.api.requests import RequestSerializer
from matching.api.serializers import (
    CompareRequestSerializer,
    PredictionSerializer,
    build_compare_request,
    serialize_prediction,
)
from matching.compare.available_profiles import get_available_profiles
from matching.compare.request import CompareRequest
from matching.compare.service import MAX_BATCH_PAIRS, BatchOutcome
from matching.engine import EngineError
from matching.models import Prediction
from matters.api.fields import build_matter_field

_MATTER_BESIDE = "A batch belongs to one matter; name it beside the pairs, not in one of them."

BatchItem = CompareRequest | ValidationError
"""A request of a batch, or why it is invalid."""


@extend_schema_field(CompareRequestSerializer(many=True))
class BatchPairsField(serializers.ListField):
    """The comparison requests of a batch, unchecked; each is validated by itself."""


class BatchRequestSerializer(RequestSerializer):
    """Up to 1,000 comparison requests, and the profile of those that name none."""

    pairs = BatchPairsField(min_length=1, max_length=MAX_BATCH_PAIRS)
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")
    matter = build_matter_field()

    def parse_items(self) -> list[BatchItem]:
        """Return the requests in order; in the place of an invalid one, its error."""
        fields, serializer = self.validated_data, CompareRequestSerializer()
        return [_parse_item(serializer, pair, fields["profile"]) for pair in fields["pairs"]]


class BatchResultSerializer(serializers.Serializer[Any]):
    """The result of one request: a prediction as `answer`, or a problem as `error`."""

    answer = PredictionSerializer(required=False)
    error = ProblemSerializer(required=False)


class BatchResponseSerializer(serializers.Serializer[Any]):
    """Results in the order of the requests."""

    results = BatchResultSerializer(many=True)


def build_batch_response(items: Sequence[BatchItem], outcomes: Sequence[BatchOutcome]) -> dict[str, Any]:
    """Return one result for each item; ``outcomes`` are those of the valid items, in their order."""
    remaining = iter(outcomes)
    results = [
        _build_result(item if isinstance(item, ValidationError) else next(remaining)) for item in items
    ]
    return {"results": results}


def _parse_item(serializer: CompareRequestSerializer, pair: Any, profile: str) -> BatchItem:
    data = {"profile": profile, **pair} if isinstance(pair, dict) else pair
    try:
        fields = serializer.run_validation(data)
        if fields["matter"]:
            raise ValidationError({"matter": [_MATTER_BESIDE]})
        return build_compare_request(fields)
    except ValidationError as error:
        return error


def _build_result(outcome: BatchOutcome | ValidationError) -> dict[str, Any]:
    if isinstance(outcome, Prediction):
        return {"answer": serialize_prediction(outcome)}
    if isinstance(outcome, EngineError):
        outcome = ValidationError({"names": [str(outcome)]})
    return {"error": build_problem(outcome)}
