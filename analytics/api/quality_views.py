"""The API of review quality."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.report_serializers import (
    PeriodQuerySerializer,
    ReportPeriodSerializer,
    ReportUserSerializer,
)
from analytics.reports.people import NAMES_PERMISSION
from analytics.reports.review_quality import QUALITY_PERMISSION, QualityReport, get_review_quality
from feedback.quality.figures import Measure
from matching.jobs.formats.rows import escape_formula
from matching.models import ReviewStream


class QualityQuerySerializer(PeriodQuerySerializer):
    """Period and filters of review quality."""

    profile = serializers.CharField(required=False, max_length=20)
    stream = serializers.ChoiceField(
        choices=ReviewStream.values, required=False, help_text="Why a pair was reviewed."
    )
    file = serializers.ChoiceField(choices=["csv"], required=False, help_text="Send the figures as a file.")


class FigureSerializer(serializers.Serializer[Any]):
    """A figure with its 95 % interval; null where it is undefined."""

    measure = serializers.ChoiceField(choices=[measure.value for measure in Measure])
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="Decisions or items that the figure rests on.")


class ReviewerFiguresSerializer(serializers.Serializer[Any]):
    """The figures of one reviewer."""

    reviewer = ReportUserSerializer()
    figures = FigureSerializer(many=True)


class ReviewQualitySerializer(serializers.Serializer[Any]):
    """Agreement, accuracy, pace and volume of reviewers."""

    period = ReportPeriodSerializer()
    profile = serializers.CharField(allow_null=True)
    stream = serializers.CharField(allow_null=True)
    is_cut = serializers.BooleanField(
        help_text="Whether the oldest decisions are left out, because there are too many."
    )
    figures = FigureSerializer(many=True, help_text="Of all reviewers together.")
    reviewers = ReviewerFiguresSerializer(
        many=True, allow_null=True, help_text="Most decisions first; null for those who may not see users."
    )


class ReviewQualityView(APIView):
    """Read the figures of review quality."""

    required_permission = QUALITY_PERMISSION
    required_scope = "read"

    @extend_schema(
        parameters=[QualityQuerySerializer],
        responses={(200, "application/json"): ReviewQualitySerializer, (200, "text/csv"): OpenApiTypes.STR},
        operation_id="review_quality",
    )
    def get(self, request: Request) -> HttpResponse:
        """Return agreement, gold accuracy, overturned decisions, pace and volume, with intervals."""
        query = QualityQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        data = query.validated_data
        show_people = request.user.has_perm(NAMES_PERMISSION)
        report = get_review_quality(
            query.get_period(), data.get("profile", ""), data.get("stream", ""), show_people
        )
        return build_quality_file(report) if "file" in data else Response(report.to_dict())


def build_quality_file(report: QualityReport) -> HttpResponse:
    """Return the figures as a CSV file, one row for each."""
    name = f'attachment; filename="review-quality-{report.period.first}-{report.period.last}.csv"'
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
    rows = (
        [escape_formula(cell) if isinstance(cell, str) else cell for cell in row]
        for row in report.list_csv_rows()
    )
    csv.writer(response).writerows(rows)
    return response
