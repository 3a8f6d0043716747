"""The endpoints of the documents that a requester sends for the review of a prediction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.problems import ConflictError
from accounts.api.renderers import OrjsonRenderer
from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from accounts.auth.throttles import enforce_rate_limit
from accounts.models import User
from accounts.usage.rates import RateLimit
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.api.request_views import MAX_ANSWER_LENGTH
from feedback.models import DocumentType, ReviewDocument
from feedback.requests.document_files import DocumentLostError, stream_document
from feedback.requests.documents import (
    DocumentsRefusedError,
    add_documents,
    delete_document,
    record_document_read,
)
from feedback.requests.service import ReviewRequestError
from feedback.requests.upload import DOCUMENTS_FIELD, MAX_FILES, DocumentParser, DocumentUpload
from matching.api.files import FileRenderer
from matching.models import Prediction

_FILE_RESPONSES = {
    (200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The document as it was sent.")
    for kind in DocumentType.values
}
_PERMISSION = "feedback.add_reviewrequest"
_SCOPE = property(lambda view: "read" if view.request.method == "GET" else "feedback")


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "binary"}})
class DocumentsField(serializers.Field[Any, Any, Any, Any]):
    """Uploaded files, which the parser has already written to disk."""

    def to_internal_value(self, data: Any) -> list[DocumentUpload]:
        """Accept the uploads of the parser. Raises ``ValidationError`` without one."""
        if not isinstance(data, list) or not all(isinstance(each, DocumentUpload) for each in data):
            raise serializers.ValidationError(gettext("Send files."))
        if not data:
            raise serializers.ValidationError(
                gettext("Send one to {max_files} files.").format(max_files=MAX_FILES)
            )
        return data


class DocumentsSerializer(RequestSerializer):
    """Documents, and what to say beside them."""

    files = DocumentsField(help_text="One to five PDF, PNG, JPEG or TIFF files of up to 20 MB each.")
    text = serializers.CharField(
        max_length=MAX_ANSWER_LENGTH,
        default="",
        allow_blank=True,
        help_text="Read by a reviewer who waits for a document; otherwise nobody reads it.",
    )


class StoredDocumentSerializer(serializers.Serializer[Any]):
    """A stored document."""

    id = serializers.UUIDField()
    file_name = serializers.CharField()
    content_type = serializers.ChoiceField(choices=DocumentType.values, help_text="By the content.")
    byte_count = serializers.IntegerField()
    is_encrypted = serializers.BooleanField(help_text="A PDF that asks for a password.")
    has_active_content = serializers.BooleanField(
        help_text="A PDF with scripts, actions or files inside; reviewers are warned."
    )
    sent_at = serializers.DateTimeField()


class DocumentListSerializer(serializers.Serializer[Any]):
    """All documents of a prediction, in the order in which they were sent."""

    results = StoredDocumentSerializer(many=True)


class DocumentsView(APIView):
    """Send documents for the review of a prediction; list them."""

    required_permission = _PERMISSION
    required_scope = _SCOPE
    parser_classes = (DocumentParser,)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request={"multipart/form-data": DocumentsSerializer},
        responses={201: DocumentListSerializer},
        operation_id="review_documents_send",
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Send documents for the review; one in `needs_document` goes on. 409 when it is decided."""
        prediction = get_own_reviewed_prediction(require_user(request), pk)
        with _discard_unused_uploads(request):
            return self._store(request, prediction)

    @idempotent
    def _store(self, request: Request, prediction: Prediction) -> Response:
        serializer = DocumentsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data, user = serializer.validated_data, require_user(request)
        rate = RateLimit.parse(settings.DOCUMENT_RATE)
        enforce_rate_limit(request, "documents", len(data[DOCUMENTS_FIELD]), rate)
        try:
            rows = add_documents(prediction, user, data[DOCUMENTS_FIELD], data["text"])
        except DocumentsRefusedError as error:
            text = gettext("File {number}: {error}").format(number=error.number, error=error)
            raise ValidationError({DOCUMENTS_FIELD: [text]}) from None
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "no_document_wanted") from None
        return Response(_serialize_list(rows), status=201)

    @extend_schema(responses=DocumentListSerializer, operation_id="review_documents")
    def get(self, request: Request, pk: UUID) -> Response:
        """List the documents that you sent for the review of one of your predictions."""
        prediction = get_own_reviewed_prediction(require_user(request), pk)
        return Response(_serialize_list(ReviewDocument.objects.filter(prediction=prediction)))


class DocumentView(APIView):
    """Download or delete one document."""

    required_permission = _PERMISSION
    required_scope = _SCOPE
    throttle_cost = 10
    renderer_classes = (OrjsonRenderer, FileRenderer)

    @extend_schema(responses=_FILE_RESPONSES, operation_id="review_document")
    def get(self, request: Request, pk: UUID, document_pk: UUID) -> HttpResponseBase:
        """Download one of your documents."""
        user = require_user(request)
        return send_document(get_own_document(user, pk, document_pk), user)

    @extend_schema(responses={204: None}, operation_id="review_document_delete")
    def delete(self, request: Request, pk: UUID, document_pk: UUID) -> Response:
        """Delete one of your documents; 409 once a reviewer has decided."""
        user = require_user(request)
        try:
            delete_document(get_own_document(user, pk, document_pk), user)
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "document_kept") from None
        return Response(status=204)


def get_own_document(user: User, prediction_pk: UUID, pk: UUID) -> ReviewDocument:
    """Return a document of one of the user's predictions. Raises ``Http404``."""
    visible = Prediction.objects.visible_to(user).filter(pk=prediction_pk)
    return get_object_or_404(ReviewDocument, pk=pk, prediction__in=visible.values("pk"))


def send_document(document: ReviewDocument, actor: User) -> StreamingHttpResponse:
    """Return a document as a download that no browser shows or runs, and record who took it.

    Raises ``Http404`` where the file is gone, ``StoreUnavailableError`` (503) where that cannot be told.
    """
    try:
        content = stream_document(document)
    except DocumentLostError:
        raise Http404 from None
    record_document_read(document, actor)
    response = StreamingHttpResponse(content, content_type=document.content_type)
    response.headers["Content-Length"] = str(document.byte_count)
    response.headers["Content-Disposition"] = content_disposition_header(True, document.file_name) or ""
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@contextmanager
def _discard_unused_uploads(request: Request) -> Iterator[None]:
    """Delete the uploads at the end, unless they are stored."""
    try:
        yield
    finally:
        body = request.data
        for upload in body.get(DOCUMENTS_FIELD, ()) if isinstance(body, dict) else ():
            upload.close()


def _serialize_list(rows: Any) -> dict[str, Any]:
    return {"results": StoredDocumentSerializer(rows, many=True).data}
