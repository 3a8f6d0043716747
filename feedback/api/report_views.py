"""The endpoint of reports on one prediction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.fields import StrictTextField
from accounts.api.problems import ConflictError
from accounts.api.renderers import OrjsonRenderer
from accounts.auth.authentication import require_user
from accounts.models import User
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.memo.pdf import MemoRenderError
from feedback.memo.views import build_file_response
from feedback.report.issue import MAX_REFERENCE_LENGTH, REPORT_TYPES, ReportOptions, issue_report
from matching.api.files import FileRenderer
from matching.models import Prediction

_REPORT_RESPONSES = {
    (200, content_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, "The report.")
    for content_type in REPORT_TYPES.values()
}


class ReportRequestSerializer(serializers.Serializer[Any]):
    """How the report is written."""

    file = serializers.ChoiceField(
        choices=list(REPORT_TYPES), default="pdf", help_text="`json` is signed and can be checked offline."
    )
    reference = StrictTextField(
        max_length=MAX_REFERENCE_LENGTH,
        default="",
        allow_blank=True,
        help_text="Your own reference, printed on the report and not stored.",
    )
    redacted = serializers.BooleanField(default=False, help_text="Leave the two names out.")

    def to_options(self) -> ReportOptions:
        """Return the validated options."""
        fields = self.validated_data
        return ReportOptions(fields["file"], fields["reference"], fields["redacted"])


class ReportView(APIView):
    """Issue the report of a prediction."""

    required_permission = "matching.view_prediction"
    required_scope = "read"
    throttle_cost = 10
    renderer_classes = (OrjsonRenderer, FileRenderer)

    @extend_schema(
        request=ReportRequestSerializer, responses=_REPORT_RESPONSES, operation_id="prediction_report"
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Issue a report on one of your predictions, decided or not, with a code that anyone can verify."""
        options = ReportRequestSerializer(data=request.data)
        options.is_valid(raise_exception=True)
        user = require_user(request)
        try:
            return send_report(get_own_reviewed_prediction(user, pk), user, options.to_options())
        except MemoRenderError as refusal:
            raise ConflictError(str(refusal), "no_report") from None


def send_report(prediction: Prediction, user: User, options: ReportOptions) -> HttpResponse:
    """Return a new report as a download. Raises ``MemoRenderError``."""
    report = issue_report(prediction, user, options)
    return build_file_response(report.body, report.file_name, REPORT_TYPES[options.ending])
