"""Feedback over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP
from feedback.models import MAX_REASON_LENGTH
from matching.models import Prediction


class FeedbackSerializer(serializers.Serializer[Any]):
    """A client's objection to, or agreement with, one of its own predictions."""

    prediction = serializers.PrimaryKeyRelatedField(queryset=Prediction.objects.none())
    user_correction = serializers.BooleanField(help_text="True: you say the difference is material.")
    confidence_score = serializers.DecimalField(
        max_digits=5, decimal_places=4, min_value=0, max_value=1, default=None, allow_null=True
    )
    feedback_text = serializers.CharField(max_length=MAX_REASON_LENGTH, default="", allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Let a client answer about its own predictions only."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            own = Prediction.objects.for_user(request.user)
            fields["prediction"] = serializers.PrimaryKeyRelatedField(queryset=own)
        return fields


class FeedbackAnswerSerializer(serializers.Serializer[Any]):
    """What was stored."""

    id = serializers.UUIDField()
    prediction = serializers.UUIDField(source="prediction_id")
    user_correction = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class GivenFeedbackSerializer(FeedbackAnswerSerializer):
    """One word in the list, with its text."""

    confidence_score = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)
    feedback_text = serializers.CharField(allow_blank=True)


class FeedbackPageSerializer(serializers.Serializer[Any]):
    """Words, newest first."""

    results = GivenFeedbackSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)
