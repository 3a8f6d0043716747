"""Shapes of the API of notifications."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from notifications.inbox import MOST_COUNTED
from notifications.kinds import describe
from notifications.models import Kind, Notification


class NotificationSerializer(serializers.Serializer[Any]):
    """One notification. ``facts`` holds ids, verdicts, counts and dates, never a name."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    text = serializers.SerializerMethodField(help_text="The sentence that the page shows.")
    facts = serializers.DictField(source="data", help_text="Ids, verdicts, counts and dates.")
    created_at = serializers.DateTimeField(source="visible_at")
    read_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.CharField())
    def get_text(self, row: Notification) -> str:
        """Return the sentence."""
        return describe(row)


class NotificationPageSerializer(serializers.Serializer[Any]):
    """A page of notifications."""

    results = NotificationSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)
    unread = serializers.IntegerField(help_text=f"How many are unread, counted up to {MOST_COUNTED}.")


class NotificationListSerializer(PageSerializer):
    """The page of notifications that is requested."""

    unread = serializers.BooleanField(default=False, help_text="Only what was not read.")


class ReadAnswerSerializer(serializers.Serializer[Any]):
    """How many notifications were unread before."""

    marked = serializers.IntegerField()
