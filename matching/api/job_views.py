"""API views of bulk jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import fetch_page
from accounts.api.problems import ConflictError
from accounts.api.renderers import OrjsonRenderer
from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from accounts.auth.throttles import enforce_rate_limit
from accounts.models import User
from accounts.usage.rates import RateLimit
from matching import tasks
from matching.api.errors import translate_errors
from matching.api.files import FILE_RESPONSES, FileRenderer, stream_file
from matching.api.job_serializers import (
    JobListSerializer,
    JobPageSerializer,
    JobRequestSerializer,
    JobRowPageSerializer,
    JobRowQuerySerializer,
    JobSerializer,
    describe_row_review,
    serialize_job,
    serialize_row,
)
from matching.api.review_serializers import REVIEW_COLUMNS
from matching.jobs import results, reviewed_results, service
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.rows import FileError, OutputRow
from matching.jobs.result_rows import count_verdicts
from matching.jobs.service import JobError
from matching.jobs.upload_handler import UPLOAD_FIELD, Upload
from matching.jobs.upload_parser import UploadParser
from matching.models import BatchJob, Prediction
from matters.api.fields import read_matter_filter
from modelops.models import RunStatus


@contextmanager
def _discard_unused_upload(request: Request) -> Iterator[None]:
    """Delete the upload at the end, unless a job has taken it over."""
    try:
        yield
    finally:
        body = request.data
        upload = body.get(UPLOAD_FIELD) if isinstance(body, dict) else None
        if isinstance(upload, Upload):
            upload.close()


def _choose_by_method(read: str, write: str) -> property:
    """Return a view property that is ``read`` in a GET request and ``write`` in all others."""
    return property(lambda view: read if view.request.method == "GET" else write)


_REQUIRED_PERMISSION = _choose_by_method("matching.view_batchjob", "matching.add_batchjob")
_REQUIRED_SCOPE = _choose_by_method("read", "compare")


class JobsView(APIView):
    """Upload a file of pairs; list the own bulk jobs."""

    required_permission = _REQUIRED_PERMISSION
    required_scope = _REQUIRED_SCOPE
    parser_classes = (UploadParser,)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request={"multipart/form-data": JobRequestSerializer},
        responses={201: JobSerializer},
        operation_id="job_create",
    )
    def post(self, request: Request) -> Response:
        """Upload a file of up to five million pairs; it is compared in the background."""
        with _discard_unused_upload(request):
            return self._create(request)

    @idempotent
    def _create(self, request: Request) -> Response:
        serializer = JobRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        upload, user = serializer.validated_data[UPLOAD_FIELD], require_user(request)
        rows = upload.row_estimate
        enforce_rate_limit(request, "rows", rows, RateLimit.parse(settings.JOB_RATE), pairs=rows)
        try:
            with translate_errors():
                job = service.create(user, upload, serializer.to_options(user))
        except FileError as error:
            raise ValidationError({UPLOAD_FIELD: [show_file_error(str(error))]}) from None
        except JobError as error:
            raise ConflictError(str(error), "too_many_jobs") from None
        tasks.enqueue_job(job)
        return Response(serialize_job(job), status=201)

    @extend_schema(parameters=[JobListSerializer], responses=JobPageSerializer, operation_id="jobs")
    def get(self, request: Request) -> Response:
        """List your own jobs, newest first."""
        query = JobListSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        page, user = dict(query.validated_data), require_user(request)
        matter, own = read_matter_filter(user, page.pop("matter")), BatchJob.objects.visible_to(user)
        rows, next_cursor = fetch_page((own.filter(matter=matter) if matter else own).for_listing(), **page)
        return Response({"results": [serialize_job(row) for row in rows], "next": next_cursor})


class JobView(APIView):
    """Read or delete one bulk job."""

    required_permission = _REQUIRED_PERMISSION
    required_scope = _REQUIRED_SCOPE

    @extend_schema(responses=JobSerializer, operation_id="job")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return the progress of one of your jobs."""
        return Response(serialize_job(_get_visible_job(request, pk)))

    @extend_schema(responses={204: None}, operation_id="job_delete")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete one of your jobs with its files, also while it is running."""
        service.delete(_get_managed_job(request, pk), require_user(request))
        return Response(status=204)


class JobCancelView(APIView):
    """Cancel a bulk job."""

    required_permission = _REQUIRED_PERMISSION
    required_scope = _REQUIRED_SCOPE

    @extend_schema(request=None, responses=JobSerializer, operation_id="job_cancel")
    def post(self, request: Request, pk: UUID) -> Response:
        """Stop one of your jobs for good and delete its files; a finished job stays as it is."""
        return Response(serialize_job(service.cancel(_get_managed_job(request, pk), require_user(request))))


class JobResultQuerySerializer(RequestSerializer):
    """The form of a result."""

    reviews = serializers.BooleanField(
        default=False, help_text="With the reviews of the rows as they are now, as further columns."
    )


class JobResultView(APIView):
    """Download the result of a bulk job."""

    required_permission = _REQUIRED_PERMISSION
    required_scope = _REQUIRED_SCOPE
    renderer_classes = (OrjsonRenderer, FileRenderer)

    @extend_schema(parameters=[JobResultQuerySerializer], responses=FILE_RESPONSES, operation_id="job_result")
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Download the file you sent with the results as further columns; 409 until the job has succeeded."""
        query = JobResultQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        job = _get_finished_job(request, pk)
        send = send_reviewed_result if query.validated_data["reviews"] else send_result
        return send(job, require_user(request))


class JobRowsView(APIView):
    """Rows of the result of a bulk job."""

    required_permission = _REQUIRED_PERMISSION
    required_scope = _REQUIRED_SCOPE
    throttle_cost = 5

    @extend_schema(
        parameters=[JobRowQuerySerializer], responses=JobRowPageSerializer, operation_id="job_rows"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """List rows of the result with their reviews; 409 until the job has succeeded."""
        query = JobRowQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        job = _get_finished_job(request, pk)
        return Response(list_job_rows(job, **query.validated_data))


def list_job_rows(
    job: BatchJob,
    verdict: str = "",
    review_status: str = "",
    after: int = 0,
    limit: int = 50,
    differing: bool = False,
) -> dict[str, Any]:
    """Return a page of rows of a job that succeeded, as the API shows it.

    ``differing`` leaves out rows without a difference and rows with an error.
    """

    def keeps(row: OutputRow, prediction: Prediction | None) -> bool:
        if differing and not row.result["differences"]:
            return False
        return not review_status or describe_row_review(row, prediction)["review_status"] == review_status

    rows, following = reviewed_results.list_rows(job, keeps, verdict, after, limit)
    return {
        **count_verdicts(job),
        "results": [serialize_row(row, prediction) for row, prediction in rows],
        "next": following,
    }


def send_reviewed_result(job: BatchJob, actor: User) -> StreamingHttpResponse:
    """Return the result with the reviews of its rows as they are now, and record who took it."""
    content = _read_ahead(reviewed_results.stream_reviewed_result(job, describe_row_review, REVIEW_COLUMNS))
    service.record_download(job, actor)
    return stream_file(content, job.format, results.build_file_name(job, "reviewed"))


def send_result(job: BatchJob, actor: User) -> StreamingHttpResponse:
    """Return the result of a job as a download, and record who took it."""
    content = _read_ahead(results.stream_result(job))
    service.record_download(job, actor)
    response = stream_file(content, job.format, results.build_file_name(job))
    if (length := results.compute_length(job)) is not None:
        response.headers["Content-Length"] = str(length)
    return response


def _read_ahead(content: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece now, while its failure can still be the answer."""
    return chain((next(content, b""),), content)


def _get_finished_job(request: Request, pk: UUID) -> BatchJob:
    """Return one of the user's jobs. Raises ``ConflictError`` unless it has succeeded."""
    job = _get_visible_job(request, pk)
    if job.status != RunStatus.SUCCEEDED:
        raise ConflictError(f"There is no result: the job is {job.status}.", "no_result")
    return job


def _get_visible_job(request: Request, pk: UUID) -> BatchJob:
    return get_object_or_404(BatchJob.objects.visible_to(require_user(request)).with_model(), pk=pk)


def _get_managed_job(request: Request, pk: UUID) -> BatchJob:
    return get_object_or_404(BatchJob.objects.manageable_by(require_user(request)).with_model(), pk=pk)
