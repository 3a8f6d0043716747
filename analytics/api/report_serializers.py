"""Shapes of reports: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.api.requests import RequestSerializer
from analytics.reports.period import (
    DEFAULT_PRESET,
    PRESETS,
    PeriodError,
    ReportFilter,
    ReportPeriod,
    build_period,
)
from matching.models import PredictionSource

_SOURCES = [value for value in PredictionSource.values if value not in ("import", "gold")]


class PeriodQuerySerializer(RequestSerializer):
    """The period of a report; days are days of UTC, and two dates go before a preset."""

    preset = serializers.ChoiceField(
        choices=list(PRESETS), default=DEFAULT_PRESET, help_text="Period until today, or a month."
    )
    first = serializers.DateField(required=False, help_text="First day.")
    last = serializers.DateField(required=False, help_text="Last day; today if left out.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add the period that is asked for."""
        try:
            period = build_period(
                attrs["preset"], attrs.get("first"), attrs.get("last"), timezone.now().date()
            )
        except PeriodError as error:
            raise serializers.ValidationError({"first": [str(error)]}) from error
        return {**attrs, "period": period}

    def get_period(self) -> ReportPeriod:
        """Return the period of a valid query."""
        period: ReportPeriod = self.validated_data["period"]
        return period


class ReportQuerySerializer(PeriodQuerySerializer):
    """Period and filters of a report."""

    profile = serializers.CharField(required=False, max_length=20)
    kind = serializers.ChoiceField(
        choices=["organisation", "individual", "auto"],
        required=False,
        help_text="auto: rows of files whose kind was read from each row.",
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field may be called so
        choices=_SOURCES, required=False
    )
    client = serializers.UUIDField(required=False, help_text="Id of the user who compared.")

    def get_filter(self) -> ReportFilter:
        """Return the filters of a valid query."""
        names = ("profile", "kind", "source", "client")
        return ReportFilter(**{name: value for name in names if (value := self.validated_data.get(name))})


class ReportPeriodSerializer(serializers.Serializer[Any]):
    """The days that a report covers, both included."""

    first = serializers.DateField()
    last = serializers.DateField()
    time_zone = serializers.CharField(help_text="Always UTC.")


class VolumeSerializer(serializers.Serializer[Any]):
    """Predictions by verdict."""

    total = serializers.IntegerField()
    immaterial = serializers.IntegerField()
    review = serializers.IntegerField()
    material = serializers.IntegerField()
    average_confidence = serializers.FloatField(
        allow_null=True, help_text="Over the predictions that were decided; a review has none."
    )


class DayVolumeSerializer(VolumeSerializer):
    """Predictions of a day."""

    day = serializers.DateField()


class ProfileVolumeSerializer(VolumeSerializer):
    """Predictions under a profile."""

    profile = serializers.CharField()


class SourceVolumeSerializer(VolumeSerializer):
    """Predictions from a source."""

    source = serializers.CharField(  # type: ignore[assignment]  # as above
        help_text="Empty: stored before sources were recorded."
    )


class ReportUserSerializer(serializers.Serializer[Any]):
    """A user in a report."""

    id = serializers.UUIDField()
    role = serializers.CharField()
    email = serializers.CharField(allow_null=True, help_text="null for those who may not see users.")


class ClientVolumeSerializer(VolumeSerializer):
    """Predictions for a client."""

    client = ReportUserSerializer()


class DailyMetricsSerializer(serializers.Serializer[Any]):
    """The report of daily metrics."""

    period = ReportPeriodSerializer()
    total = VolumeSerializer()
    period_before = ReportPeriodSerializer()
    total_before = VolumeSerializer()
    days = DayVolumeSerializer(many=True)
    profiles = ProfileVolumeSerializer(many=True)
    sources = SourceVolumeSerializer(many=True)
    clients = ClientVolumeSerializer(many=True, help_text="The 20 with the most predictions.")


class UserActivitySerializer(serializers.Serializer[Any]):
    """What one user did."""

    user = ReportUserSerializer()
    predictions = serializers.IntegerField()
    average_confidence = serializers.FloatField(allow_null=True)
    decisions = serializers.IntegerField(help_text="First decisions as a reviewer.")
    overrides = serializers.IntegerField(help_text="Decisions against the model.")
    last_activity = serializers.DateTimeField()


class ActivityReportSerializer(serializers.Serializer[Any]):
    """The report of user activity, the most active user first."""

    period = ReportPeriodSerializer()
    users = UserActivitySerializer(many=True)


class VersionDaySerializer(serializers.Serializer[Any]):
    """A version on a day; what was not measured is null."""

    day = serializers.DateField()
    predictions = serializers.IntegerField()
    review_share = serializers.FloatField(allow_null=True)
    accuracy = serializers.FloatField(allow_null=True, help_text="On random-audit labels.")
    accuracy_low = serializers.FloatField(allow_null=True)
    accuracy_high = serializers.FloatField(allow_null=True)
    precision = serializers.FloatField(allow_null=True)
    precision_low = serializers.FloatField(allow_null=True)
    precision_high = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    recall_low = serializers.FloatField(allow_null=True)
    recall_high = serializers.FloatField(allow_null=True)
    labels = serializers.IntegerField(help_text="Labels that the figures rest on.")
    drift_psi = serializers.FloatField(allow_null=True, help_text="Largest PSI of the day.")


class VersionTrendSerializer(serializers.Serializer[Any]):
    """A version over the days on which it answered or was measured."""

    version = serializers.CharField()
    predictions = serializers.IntegerField()
    days = VersionDaySerializer(many=True)


class PerformanceTrendsSerializer(serializers.Serializer[Any]):
    """The report of model performance, the version with the most predictions first."""

    period = ReportPeriodSerializer()
    versions = VersionTrendSerializer(many=True)
