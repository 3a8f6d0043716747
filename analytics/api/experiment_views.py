"""API views of experiments: list, one, results, and the outcomes that clients record."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import PageSerializer, fetch_page
from accounts.api.problems import ConflictError
from accounts.auth.authentication import require_user
from analytics.api.experiment_serializers import (
    ExperimentPageSerializer,
    ExperimentSerializer,
    OutcomeSerializer,
    PhaseQuerySerializer,
    RecordedOutcomeSerializer,
    ResultsSerializer,
)
from analytics.experiments.results import describe_experiment, describe_results, get_experiment_results
from experiments.enrolment import RecordedBeforeError, RecordingError, record_metric
from experiments.models import Experiment, ExperimentPhase


class ExperimentsView(APIView):
    """List experiments."""

    required_permission = "experiments.view_experiment"
    required_scope = "read"

    @extend_schema(
        parameters=[PageSerializer], responses=ExperimentPageSerializer, operation_id="experiments"
    )
    def get(self, request: Request) -> Response:
        """List the experiments, newest first."""
        query = PageSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        every = Experiment.objects.select_related("model_a", "model_b").order_by("-id")
        rows, following = fetch_page(every, **query.validated_data)
        return Response({"results": [describe_experiment(row) for row in rows], "next": following})


class ExperimentView(APIView):
    """Read one experiment."""

    required_permission = "experiments.view_experiment"
    required_scope = "read"

    @extend_schema(responses=ExperimentSerializer, operation_id="experiment")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one experiment."""
        return Response(describe_experiment(get_object_or_404(Experiment, pk=pk)))


class ExperimentResultsView(APIView):
    """Read the results of an experiment."""

    required_permission = "experiments.view_experiment"
    required_scope = "read"

    @extend_schema(
        parameters=[PhaseQuerySerializer], responses=ResultsSerializer, operation_id="experiment_results"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return the results of a phase: verdict, intervals, guardrails, segments."""
        query = PhaseQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        experiment = get_object_or_404(Experiment, pk=pk)
        try:
            results = get_experiment_results(experiment, query.validated_data.get("phase"))
        except ExperimentPhase.DoesNotExist as missing:
            raise NotFound(gettext("This phase has not begun.")) from missing
        return Response(describe_results(results))


class ExperimentMetricsView(APIView):
    """Record an outcome in an experiment."""

    required_permission = "experiments.add_recordedmetric"
    required_scope = "feedback"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=OutcomeSerializer,
        responses={201: RecordedOutcomeSerializer},
        operation_id="record_metric",
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Record an outcome under the arm that answered you; the same event is recorded once."""
        serializer = OutcomeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        experiment = get_object_or_404(Experiment, pk=pk)
        try:
            row, _ = record_metric(experiment, require_user(request), **serializer.validated_data)
        except RecordedBeforeError as error:
            raise ConflictError(gettext("This event was recorded with another value.")) from error
        except RecordingError as error:
            raise ValidationError({"name": [str(error)]}) from error
        return Response(RecordedOutcomeSerializer(row).data, status=201)
