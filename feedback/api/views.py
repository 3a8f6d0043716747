"""The feedback endpoint of the API."""

from __future__ import annotations

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import PageSerializer, fetch_page
from accounts.api.problems import ConflictError
from accounts.auth.authentication import require_user
from feedback.api.serializers import (
    FeedbackAnswerSerializer,
    FeedbackPageSerializer,
    FeedbackSerializer,
    StoredFeedbackSerializer,
)
from feedback.models import Feedback
from feedback.review.decisions import DuplicateFeedbackError, submit_client_feedback


class FeedbackView(APIView):
    """Store and list feedback on predictions."""

    required_permission = "feedback.add_feedback"
    required_scope = "feedback"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=FeedbackSerializer,
        responses={201: FeedbackAnswerSerializer},
        operation_id="feedback",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Store feedback on one of your own predictions; a contradiction goes to a reviewer."""
        serializer = FeedbackSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        try:
            row = submit_client_feedback(user=require_user(request), **serializer.validated_data)
        except DuplicateFeedbackError as error:
            raise ConflictError(gettext("You have given feedback on this prediction already.")) from error
        return Response(FeedbackAnswerSerializer(row).data, status=201)

    @extend_schema(
        parameters=[PageSerializer], responses=FeedbackPageSerializer, operation_id="feedback_list"
    )
    def get(self, request: Request) -> Response:
        """List your feedback, newest first."""
        parameters = PageSerializer(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        rows, following = fetch_page(
            Feedback.objects.by_user(require_user(request)).with_review(), **parameters.validated_data
        )
        return Response({"results": StoredFeedbackSerializer(rows, many=True).data, "next": following})
