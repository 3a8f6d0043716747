"""A batch over the API: what may be sent, and results in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.problems import ProblemSerializer, describe
from matching.batch import MAX_PAIRS
from matching.engine import EngineError
from matching.offer import offered
from matching.questions import Question
from matching.serializers import AnswerSerializer, QuestionSerializer, answer, question_of
from matching.services import Answer

Item = Question | ValidationError


@extend_schema_field(QuestionSerializer(many=True))
class PairsField(serializers.ListField):
    """The questions of a batch as they were sent: each is checked by itself."""


class BatchSerializer(serializers.Serializer[Any]):
    """Up to 1,000 questions, and the profile of those that name none."""

    pairs = PairsField(min_length=1, max_length=MAX_PAIRS)
    profile = serializers.ChoiceField(choices=sorted(offered()), default="general")

    def items(self) -> list[Item]:
        """Return the checked questions in order; in the place of a bad one, what is wrong with it."""
        given = self.validated_data
        question = QuestionSerializer()
        return [_item(question, pair, given["profile"]) for pair in given["pairs"]]


class ResultSerializer(serializers.Serializer[Any]):
    """What came of one question: an answer, or a problem."""

    answer = AnswerSerializer(required=False)
    error = ProblemSerializer(required=False)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """Results in the order of the questions. Describes :func:`batch_answer`."""

    results = ResultSerializer(many=True)


def batch_answer(items: Sequence[Item], given: Sequence[Answer | EngineError]) -> dict[str, Any]:
    """Return one result for each item: the answers in order, and problems where there is none."""
    answers = iter(given)
    results = [_result(item if isinstance(item, ValidationError) else next(answers)) for item in items]
    return {"results": results}


def _item(question: QuestionSerializer, pair: Any, profile: str) -> Item:
    named = {"profile": profile, **pair} if isinstance(pair, dict) else pair
    try:
        return question_of(question.run_validation(named))
    except ValidationError as error:
        return error


def _result(given: Answer | EngineError | ValidationError) -> dict[str, Any]:
    if isinstance(given, Answer):
        return {"answer": answer(given)}
    fault = ValidationError({"names": [str(given)]}) if isinstance(given, EngineError) else given
    return {"error": describe(fault)}
