"""The endpoints by which a user asks a reviewer to look at a prediction, and withdraws that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.problems import ConflictError
from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.models import MAX_REASON_LENGTH, ReviewRequest
from feedback.requests.service import (
    ReviewRequestError,
    answer_reviewer,
    request_review,
    withdraw_request,
)
from matching.api.review_serializers import PredictionReviewSerializer, serialize_review

MAX_ANSWER_LENGTH = 1_000


class ReviewRequestSerializer(RequestSerializer):
    """Why a reviewer shall look at a prediction, and how soon."""

    reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH,
        help_text="Reviewers read it after their decision, which they make without your opinion.",
    )
    priority = serializers.ChoiceField(
        choices=ReviewRequest.Priority.values, default=ReviewRequest.Priority.NORMAL.value
    )
    due_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="When you need the decision; it orders the queue."
    )

    def validate_due_at(self, value: datetime | None) -> datetime | None:
        """Refuse a time that has passed."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(gettext("This time has passed."))
        return value


class StoredReviewRequestSerializer(serializers.Serializer[Any]):
    """A request with the review as it is now."""

    id = serializers.UUIDField()
    prediction = serializers.UUIDField()
    priority = serializers.ChoiceField(choices=ReviewRequest.Priority.values)
    due_at = serializers.DateTimeField(allow_null=True)
    requested_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    review = PredictionReviewSerializer()


class ReviewRequestsView(APIView):
    """Ask a reviewer."""

    required_permission = "feedback.add_reviewrequest"
    required_scope = "feedback"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=ReviewRequestSerializer,
        responses={200: StoredReviewRequestSerializer, 201: StoredReviewRequestSerializer},
        operation_id="review_request",
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask a reviewer to decide one of your predictions; an open request is returned unchanged, as 200."""
        serializer = ReviewRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = require_user(request)
        prediction = get_own_reviewed_prediction(user, pk)
        try:
            row, is_new = request_review(prediction, user, **serializer.validated_data)
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "no_review_possible") from None
        return Response(_serialize_request(request, row), status=201 if is_new else 200)


class WithdrawReviewRequestView(APIView):
    """Withdraw the open request of a prediction."""

    required_permission = "feedback.add_reviewrequest"
    required_scope = "feedback"

    @extend_schema(
        request=None, responses=StoredReviewRequestSerializer, operation_id="review_request_withdraw"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Withdraw your request; 409 when there is none, or when a reviewer has decided."""
        user = require_user(request)
        try:
            row = withdraw_request(get_own_reviewed_prediction(user, pk), user)
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "not_withdrawn") from None
        return Response(_serialize_request(request, row))


class ReviewAnswerSerializer(RequestSerializer):
    """What the requester answers to a reviewer who waits for a document."""

    text = serializers.CharField(
        max_length=MAX_ANSWER_LENGTH, help_text="The fact, or where the document is. The reviewer reads it."
    )


class ReviewAnswerView(APIView):
    """Answer a reviewer who waits for a document."""

    required_permission = "feedback.add_reviewrequest"
    required_scope = "feedback"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=ReviewAnswerSerializer,
        responses=PredictionReviewSerializer,
        operation_id="review_answer",
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Answer what `missing_document` asks for; the review goes on. 409 when no reviewer waits."""
        serializer = ReviewAnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = require_user(request)
        try:
            answer_reviewer(get_own_reviewed_prediction(user, pk), user, serializer.validated_data["text"])
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "nobody_waits") from None
        return Response(serialize_review(get_own_reviewed_prediction(user, pk)))


def _serialize_request(request: Request, row: ReviewRequest) -> dict[str, Any]:
    """Return a request with the review of its prediction, read again after the change."""
    prediction = get_own_reviewed_prediction(require_user(request), row.prediction_id)
    moments = ("due_at", "requested_at", "withdrawn_at")
    return {
        "id": str(row.pk),
        "prediction": str(row.prediction_id),
        "priority": row.priority,
        **{name: at.isoformat() if (at := getattr(row, name)) else None for name in moments},
        "review": serialize_review(prediction),
    }
