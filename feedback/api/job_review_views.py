"""The endpoint by which the owner of a bulk job sends its review rows to reviewers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.problems import ConflictError
from accounts.auth.authentication import require_user
from feedback.requests.job_rows import JobRowsError, RowSelection, plan_sending, send_rows
from feedback.requests.row_selection import JobReviewSerializer, SelectionSerializer
from matching.models import BatchJob


class SendingPlanSerializer(serializers.Serializer[Any]):
    """What sending would do."""

    review_rows = serializers.IntegerField(help_text="Rows with the verdict `review`.")
    sent = serializers.IntegerField(help_text="Rows that were sent before.")
    chosen = serializers.IntegerField(help_text="Rows that would be sent now.")
    budget_left = serializers.IntegerField(help_text="Rows that you can still send within a day.")
    waiting_items = serializers.IntegerField(help_text="Items that wait for reviewers now.")
    reviewer_minutes = serializers.IntegerField(
        allow_null=True, help_text="Time of reviewers at their usual pace; null while nobody has decided."
    )


class SendingResultSerializer(serializers.Serializer[Any]):
    """What was sent."""

    sent = serializers.IntegerField()
    answered = serializers.IntegerField(help_text="Rows that a precedent answered at once.")


class JobReviewView(APIView):
    """Send the review rows of a job to reviewers."""

    required_permission = "feedback.add_reviewrequest"
    required_scope = property(lambda view: "read" if view.request.method == "GET" else "feedback")
    throttle_cost = 10

    @extend_schema(
        parameters=[SelectionSerializer], responses=SendingPlanSerializer, operation_id="job_review_plan"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return what sending these rows would do, and what is left of your budget; nothing is sent."""
        serializer = SelectionSerializer(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        try:
            plan = plan_sending(_get_own_job(request, pk), RowSelection(**serializer.validated_data))
        except JobRowsError as refusal:
            raise ConflictError(str(refusal), "no_rows_to_send") from None
        return Response(SendingPlanSerializer(asdict(plan)).data)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=JobReviewSerializer,
        responses={201: SendingResultSerializer},
        operation_id="job_review_send",
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Send rows of one of your jobs to reviewers; rows that were sent before are not sent again."""
        serializer = JobReviewSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        reason, priority = data.pop("reason"), data.pop("priority")
        try:
            result = send_rows(
                _get_own_job(request, pk), require_user(request), RowSelection(**data), reason, priority
            )
        except JobRowsError as refusal:
            raise ConflictError(str(refusal), "rows_not_sent") from None
        return Response(SendingResultSerializer(asdict(result)).data, status=201)


def _get_own_job(request: Request, pk: UUID) -> BatchJob:
    return get_object_or_404(
        BatchJob.objects.manageable_by(require_user(request)).select_related("model"), pk=pk
    )
