"""API views of reports."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.report_serializers import (
    ActivityReportSerializer,
    DailyMetricsSerializer,
    PerformanceTrendsSerializer,
    ReportQuerySerializer,
)
from analytics.reports.activity import get_user_activity
from analytics.reports.daily import get_daily_metrics
from analytics.reports.people import NAMES_PERMISSION
from analytics.reports.trends import get_model_performance_trends


def _read_query(request: Request) -> ReportQuerySerializer:
    query = ReportQuerySerializer(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return query


class DailyMetricsView(APIView):
    """Read the report of daily metrics."""

    required_permission = "analytics.view_reports"
    required_scope = "read"

    @extend_schema(
        parameters=[ReportQuerySerializer], responses=DailyMetricsSerializer, operation_id="daily_metrics"
    )
    def get(self, request: Request) -> Response:
        """Return predictions by day, verdict, profile, source and client, beside the period before."""
        query = _read_query(request)
        show_names = request.user.has_perm(NAMES_PERMISSION)
        return Response(get_daily_metrics(query.get_period(), query.get_filter(), show_names).to_dict())


class UserActivityView(APIView):
    """Read the report of user activity."""

    required_permission = "analytics.view_reports"
    required_scope = "read"

    @extend_schema(
        parameters=[ReportQuerySerializer], responses=ActivityReportSerializer, operation_id="user_activity"
    )
    def get(self, request: Request) -> Response:
        """Return predictions, confidence, decisions, overrides and last activity of each user."""
        query = _read_query(request)
        show_names = request.user.has_perm(NAMES_PERMISSION)
        return Response(get_user_activity(query.get_period(), query.get_filter(), show_names).to_dict())


class PerformanceTrendsView(APIView):
    """Read the report of model performance."""

    required_permission = "analytics.view_reports"
    required_scope = "read"

    @extend_schema(
        parameters=[ReportQuerySerializer],
        responses=PerformanceTrendsSerializer,
        operation_id="model_performance_trends",
    )
    def get(self, request: Request) -> Response:
        """Return accuracy, precision, recall, review share and drift of each version by day."""
        query = _read_query(request)
        return Response(get_model_performance_trends(query.get_period(), query.get_filter()).to_dict())
