"""Serializers of the feedback API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP
from accounts.api.requests import RequestSerializer
from feedback.models import MAX_REASON_LENGTH, Feedback
from matching.api.review_serializers import PredictionReviewSerializer, serialize_review
from matching.models import Prediction


class FeedbackSerializer(RequestSerializer):
    """A client's feedback on one of its own predictions: agreement or objection."""

    prediction = serializers.PrimaryKeyRelatedField(queryset=Prediction.objects.none())
    user_correction = serializers.BooleanField(help_text="True: you say the difference is material.")
    confidence_score = serializers.DecimalField(
        max_digits=5, decimal_places=4, min_value=0, max_value=1, default=None, allow_null=True
    )
    feedback_text = serializers.CharField(max_length=MAX_REASON_LENGTH, default="", allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Accept only the client's own predictions."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            own = Prediction.objects.visible_to(request.user)
            fields["prediction"] = serializers.PrimaryKeyRelatedField(queryset=own)
        return fields


class FeedbackAnswerSerializer(serializers.Serializer[Any]):
    """The stored feedback without its text."""

    id = serializers.UUIDField()
    prediction = serializers.UUIDField(source="prediction_id")
    user_correction = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class StoredFeedbackSerializer(FeedbackAnswerSerializer):
    """One entry of the feedback list, with its text."""

    confidence_score = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)
    feedback_text = serializers.CharField(allow_blank=True)
    review = serializers.SerializerMethodField(help_text="The review of the prediction.")

    @extend_schema_field(PredictionReviewSerializer)
    def get_review(self, row: Feedback) -> dict[str, Any]:
        """Return the review of the prediction as it is now."""
        return serialize_review(row.prediction)


class FeedbackPageSerializer(serializers.Serializer[Any]):
    """One page of feedback, newest first."""

    results = StoredFeedbackSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)
