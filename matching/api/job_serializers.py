"""Serializers of bulk jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from accounts.api.requests import RequestSerializer
from accounts.models import User
from matching.api.review_serializers import (
    NO_REVIEW,
    REVIEW_COLUMNS,
    PredictionReviewSerializer,
    build_review_record,
    serialize_review,
)
from matching.api.serializers import ModelSerializer, get_reference
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import show_text
from matching.engine import Kind
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.rows import OutputRow
from matching.jobs.result_rows import NumberedRow
from matching.jobs.service import JobOptions
from matching.jobs.upload_handler import Upload
from matching.models import BatchJob, FileFormat, Prediction, ReviewStatus, VerdictChoice
from matters.api.fields import FILTER_HELP, SHOWN_HELP, build_matter_field, read_matter
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


class JobRequestSerializer(RequestSerializer):
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
    matter = build_matter_field()

    def to_options(self, user: User) -> JobOptions:
        """Return how to read the validated file, and the matter it names. Raises ``ValidationError``."""
        fields = self.validated_data
        columns, matter = (fields["column1"], fields["column2"]), read_matter(user, fields["matter"])
        return JobOptions(columns, fields["profile"], fields["kind"], fields.get("format", ""), matter)


class JobSerializer(serializers.Serializer[Any]):
    """A bulk job and its progress."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RunStatus.values)
    file_name = serializers.CharField(help_text="As uploaded.")
    format = serializers.ChoiceField(choices=FileFormat.values)
    profile = serializers.CharField()
    kind = serializers.CharField()
    matter = serializers.CharField(allow_null=True, help_text=SHOWN_HELP)
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


class JobListSerializer(PageSerializer):
    """Filter and page of a list of jobs."""

    matter = build_matter_field(FILTER_HELP)


class JobPageSerializer(serializers.Serializer[Any]):
    """A page of jobs, newest first."""

    results = JobSerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class JobRowQuerySerializer(RequestSerializer):
    """Which rows of a result to show."""

    verdict = serializers.ChoiceField(choices=VerdictChoice.values, required=False)
    review_status = serializers.ChoiceField(choices=ReviewStatus.values, required=False)
    after = serializers.IntegerField(
        min_value=0, default=0, help_text="The `next` of the page before; rows up to it are left out."
    )
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class JobRowSerializer(serializers.Serializer[Any]):
    """One row of a result, with the review where the row was sent to reviewers."""

    number = serializers.IntegerField(help_text="Below the header, from 1.")
    name1 = serializers.CharField(help_text="Name A.")
    name2 = serializers.CharField(help_text="Name B.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values, allow_null=True)
    differences = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    error = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField(
        help_text="100 where the model finds both verdicts as likely, 0 where it is sure of one."
    )
    prediction = serializers.UUIDField(allow_null=True, help_text="Where the row was sent to reviewers.")
    review = PredictionReviewSerializer(allow_null=True, help_text="As for a prediction; null for an error.")


class JobRowPageSerializer(serializers.Serializer[Any]):
    """Rows of a result in the order of the file, and how many there are of each verdict."""

    immaterial = serializers.IntegerField()
    material = serializers.IntegerField()
    review = serializers.IntegerField()
    results = JobRowSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next page; null on the last.")


def serialize_row(row: NumberedRow, prediction: Prediction | None) -> dict[str, Any]:
    """Return the API form of a row; the prediction is given where the row was sent to reviewers."""
    result = row.row.result
    return {
        "number": row.number,
        "name1": row.row.left,
        "name2": row.row.right,
        "verdict": result["verdict"] or None,
        "differences": [name for name in result["differences"].split(";") if name],
        "reason": result["reason"],
        "error": show_text(show_file_error(result["error"])) or None,
        "priority": row.priority if result["verdict"] else 0,
        "prediction": str(prediction.pk) if prediction else None,
        "review": _serialize_row_review(row.row, prediction),
    }


def describe_row_review(row: OutputRow, prediction: Prediction | None) -> dict[str, Any]:
    """Return the review columns of a row of a result."""
    if prediction is not None:
        return build_review_record(prediction)
    return {**dict.fromkeys(REVIEW_COLUMNS), "review_status": _get_unsent_status(row)}


def _serialize_row_review(row: OutputRow, prediction: Prediction | None) -> dict[str, Any] | None:
    if prediction is not None:
        return serialize_review(prediction)
    status = _get_unsent_status(row)
    return {**NO_REVIEW, "status": status} if status else None


def _get_unsent_status(row: OutputRow) -> str | None:
    """Return the review status of a row that was not sent to reviewers; ``None`` for an error."""
    verdict = row.result["verdict"]
    if not verdict:
        return None
    return ReviewStatus.AVAILABLE.value if verdict == VerdictChoice.REVIEW else ReviewStatus.NOT_NEEDED.value


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
        "matter": get_reference(job),
        "model": {"name": model.name, "version": model.version} if model else None,
        "rules_version": job.rules_version,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "rows_failed": job.rows_failed,
        "progress": round(job.share, 4),
        "rows_per_second": None if job.rate is None else round(job.rate, 1),
        "seconds_left": job.seconds_left,
        "error": show_file_error(job.error) or None,
        **{
            name: _format_datetime(getattr(job, name)) for name in ("created_at", "started_at", "finished_at")
        },
    }


def _format_datetime(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
