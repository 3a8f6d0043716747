"""The endpoint of one's own usage: requests and pairs by day and key, and quotas."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from accounts.usage.report import QuotaUse, UsageRow, list_csv_rows, list_quota_uses, list_usage

_MAX_DAYS = 400


class UsageQuerySerializer(RequestSerializer):
    """The days, and the form of the answer."""

    first = serializers.DateField(required=False, help_text="First day (UTC); the first of this month.")
    last = serializers.DateField(required=False, help_text="Last day (UTC); today.")
    file = serializers.ChoiceField(choices=["csv"], required=False, help_text="`csv` for a file.")

    def get_days(self) -> tuple[date, date]:
        """Return first and last day. Raises ``ValidationError`` for a period that is too long or negative."""
        today = timezone.now().date()
        last = self.validated_data.get("last", today)
        first = self.validated_data.get("first", last.replace(day=1))
        if not 0 <= (last - first).days < _MAX_DAYS:
            raise ValidationError({"last": [f"From the first day on, at most {_MAX_DAYS} days."]})
        return first, last


class UsedKeySerializer(serializers.Serializer[Any]):
    """An API key, without the key itself."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()


class UsageRowSerializer(serializers.Serializer[Any]):
    """What one key sent on one day."""

    day = serializers.DateField(help_text="UTC.")
    key = UsedKeySerializer(allow_null=True, help_text="Null: access tokens of the account, and its pages.")
    requests = serializers.IntegerField(help_text="With those that a limit refused.")
    pairs = serializers.IntegerField(help_text="Pairs of names that were let in; rows of files too.")
    refused = serializers.IntegerField(help_text="Requests that a rate limit or a quota refused.")


class QuotaSerializer(serializers.Serializer[Any]):
    """A quota of this month and its use."""

    of = serializers.ChoiceField(choices=["key", "account"], source="quota.of")
    key = UsedKeySerializer(allow_null=True)
    limit = serializers.IntegerField(source="quota.pairs", help_text="Pairs in a calendar month (UTC).")
    used = serializers.IntegerField()
    remaining = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class UsageSerializer(serializers.Serializer[Any]):
    """Usage of an account, half a minute old at most."""

    first = serializers.DateField()
    last = serializers.DateField()
    results = UsageRowSerializer(many=True)
    quotas = QuotaSerializer(many=True)


class UsageView(APIView):
    """Usage of the own account."""

    required_permission = "accounts.use_api_keys"
    required_scope = "read"

    @extend_schema(
        parameters=[UsageQuerySerializer],
        responses={(200, "application/json"): UsageSerializer, (200, "text/csv"): OpenApiTypes.STR},
        operation_id="usage",
    )
    def get(self, request: Request) -> HttpResponse:
        """Return what your account sent, by day and key, newest first, and what is left of its quotas."""
        user = require_user(request)
        query = UsageQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        first, last = query.get_days()
        rows = list_usage(user, first, last)
        if "file" in query.validated_data:
            return build_usage_file(rows, first, last)
        return Response(_serialize(first, last, rows, list_quota_uses(user, timezone.now())))


def build_usage_file(rows: list[UsageRow], first: date, last: date) -> HttpResponse:
    """Return usage as a CSV file."""
    name = f'attachment; filename="usage-{first}-{last}.csv"'
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
    csv.writer(response).writerows(list_csv_rows(rows))
    return response


def _serialize(first: date, last: date, rows: list[UsageRow], quotas: list[QuotaUse]) -> dict[str, Any]:
    body = {"first": first, "last": last, "results": rows, "quotas": quotas}
    serialized: dict[str, Any] = UsageSerializer(body).data
    return serialized
