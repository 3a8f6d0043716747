"""Serializers of bulk jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP
from matching.api.serializers import ModelSerializer
from matching.compare.available_profiles import get_available_profiles
from matching.engine import Kind
from matching.jobs.service import JobOptions
from matching.jobs.upload_handler import Upload
from matching.models import BatchJob, FileFormat
from modelops.models import RunStatus

_MAX_COLUMN_LENGTH = 200


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.FileField):
    """An uploaded file, which the upload parser has already written to disk."""

    def to_internal_value(self, data: Any) -> Any:
        """Accept the upload of the parser. Raises ``ValidationError`` for a text field of that name."""
        if not isinstance(data, Upload):
            self.fail("invalid")
        return data


class JobRequestSerializer(serializers.Serializer[Any]):
    """A file of pairs, and how to read it."""

    file = UploadField(help_text="CSV, XLSX or JSON Lines; CSV and JSON Lines in UTF-8.")
    column1 = serializers.CharField(
        max_length=_MAX_COLUMN_LENGTH,
        default="name1",
        trim_whitespace=False,
        help_text="Column of name A.",
    )
    column2 = serializers.CharField(
        max_length=_MAX_COLUMN_LENGTH,
        default="name2",
        trim_whitespace=False,
        help_text="Column of name B.",
    )
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")
    kind = serializers.ChoiceField(choices=["auto", *(kind.value for kind in Kind)], default="auto")
    format = serializers.ChoiceField(
        choices=FileFormat.values,
        required=False,
        help_text="Needed when the file name has no known extension.",
    )

    def to_options(self) -> JobOptions:
        """Return how to read the validated file."""
        fields = self.validated_data
        columns = fields["column1"], fields["column2"]
        return JobOptions(columns, fields["profile"], fields["kind"], fields.get("format", ""))


class JobSerializer(serializers.Serializer[Any]):
    """A bulk job and its progress."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RunStatus.values)
    file_name = serializers.CharField(help_text="As uploaded.")
    format = serializers.ChoiceField(choices=FileFormat.values)
    profile = serializers.CharField()
    kind = serializers.CharField()
    model = ModelSerializer(allow_null=True, help_text="The one version that scores every row.")
    rules_version = serializers.CharField()
    rows_total = serializers.IntegerField(allow_null=True, help_text="Null until the file has been read.")
    rows_done = serializers.IntegerField()
    rows_failed = serializers.IntegerField(help_text="Rows that have an `error` instead of a verdict.")
    progress = serializers.FloatField(help_text="From 0 to 1.")
    rows_per_second = serializers.FloatField(allow_null=True)
    seconds_left = serializers.IntegerField(allow_null=True, help_text="At this rate.")
    error = serializers.CharField(allow_null=True, help_text="Why the whole job failed.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobPageSerializer(serializers.Serializer[Any]):
    """A page of jobs, newest first."""

    results = JobSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


def serialize_job(job: BatchJob) -> dict[str, Any]:
    """Return the API form of a job."""
    model = job.model
    return {
        "id": str(job.pk),
        "status": job.status,
        "file_name": job.file_name,
        "format": job.format,
        "profile": job.profile,
        "kind": job.kind,
        "model": {"name": model.name, "version": model.version} if model else None,
        "rules_version": job.rules_version,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "rows_failed": job.rows_failed,
        "progress": round(job.share, 4),
        "rows_per_second": None if job.rate is None else round(job.rate, 1),
        "seconds_left": job.seconds_left,
        "error": job.error or None,
        **{
            name: _format_datetime(getattr(job, name)) for name in ("created_at", "started_at", "finished_at")
        },
    }


def _format_datetime(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
