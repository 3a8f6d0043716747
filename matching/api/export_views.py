"""API view that exports predictions as a file."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.renderers import OrjsonRenderer
from accounts.auth.authentication import require_user
from matching.api.export import send_export
from matching.api.files import FILE_RESPONSES, FileRenderer
from matching.api.list_serializers import ExportRequestSerializer
from matching.models import Prediction


class PredictionExportView(APIView):
    """Export the own predictions."""

    required_permission = "matching.view_prediction"
    required_scope = "read"
    throttle_cost = 10
    renderer_classes = (OrjsonRenderer, FileRenderer)

    @extend_schema(
        parameters=[ExportRequestSerializer], responses=FILE_RESPONSES, operation_id="predictions_export"
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Download your own predictions, newest first, as CSV, JSON Lines or a workbook."""
        query = ExportRequestSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        user = require_user(request)
        filters = query.read_filters(user)
        format_id = filters.pop("file")
        return send_export(Prediction.objects.visible_to(user).filter_by(**filters), format_id, user, filters)
