"""Feedback over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import person_of
from accounts.problems import ConflictError
from feedback.serializers import FeedbackAnswerSerializer, FeedbackSerializer
from feedback.services import AlreadySaidError, object_to


class FeedbackView(APIView):
    """Say what you think of an answer."""

    needs = "feedback.add_feedback"
    scope = "feedback"

    @extend_schema(
        request=FeedbackSerializer, responses={201: FeedbackAnswerSerializer}, operation_id="feedback"
    )
    def post(self, request: Request) -> Response:
        """Store your word on one of your own answers; a contradiction is put before a reviewer."""
        serializer = FeedbackSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        try:
            row = object_to(user=person_of(request), **serializer.validated_data)
        except AlreadySaidError as error:
            raise ConflictError("You have given feedback on this prediction already.") from error
        return Response(FeedbackAnswerSerializer(row).data, status=201)
