"""What the owner of a bulk job chooses and says when its rows are sent: one check for API and page."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api.requests import RequestSerializer
from feedback.models import MAX_REASON_LENGTH, ReviewRequest


class SelectionSerializer(RequestSerializer):
    """Which review rows of a job."""

    rows = serializers.ChoiceField(choices=["all", "sample", "priority"], default="all")
    size = serializers.IntegerField(
        min_value=1, max_value=100_000, default=50, help_text="Of a `sample`: the same rows each time."
    )
    at_least = serializers.IntegerField(
        min_value=0,
        max_value=100,
        default=50,
        help_text="Of `priority`: 100 where the model finds both verdicts as likely, 0 where it is sure.",
    )


class JobReviewSerializer(SelectionSerializer):
    """Which rows to send, and why."""

    reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH, help_text="Reviewers read it after each decision."
    )
    priority = serializers.ChoiceField(
        choices=ReviewRequest.Priority.values, default=ReviewRequest.Priority.NORMAL.value
    )
