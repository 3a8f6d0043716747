"""The endpoint of the memo of a decision, for whoever asked."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.problems import ConflictError
from accounts.api.renderers import OrjsonRenderer
from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from accounts.models import User
from feedback.memo.content import ReviewPendingError, issue_client_memo
from feedback.memo.pdf import MemoRenderError
from feedback.memo.views import MEMO_TYPES, build_file_response
from matching.api.files import FileRenderer
from matching.models import Prediction

_MEMO_RESPONSES = {
    (200, content_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, "The memo.")
    for content_type in MEMO_TYPES.values()
}


class MemoQuerySerializer(RequestSerializer):
    """The form of a memo."""

    file = serializers.ChoiceField(choices=list(MEMO_TYPES), default="pdf")


class MemoView(APIView):
    """Download the memo of a decided prediction."""

    required_permission = "matching.view_prediction"
    required_scope = "read"
    throttle_cost = 10
    renderer_classes = (OrjsonRenderer, FileRenderer)

    @extend_schema(
        parameters=[MemoQuerySerializer], responses=_MEMO_RESPONSES, operation_id="prediction_memo"
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Download the memo of the reviewers' decision on one of your predictions; 409 until it is final."""
        query = MemoQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        user = require_user(request)
        try:
            return send_client_memo(get_own_reviewed_prediction(user, pk), user, query.validated_data["file"])
        except (ReviewPendingError, MemoRenderError) as refusal:
            raise ConflictError(str(refusal), "no_memo") from None


def send_client_memo(prediction: Prediction, user: User, ending: str) -> HttpResponse:
    """Return the memo as a download. Raises ``ReviewPendingError`` and ``MemoRenderError``."""
    memo, files = issue_client_memo(prediction, user, [ending])
    return build_file_response(files[ending], f"{memo.file_stem}.{ending}", MEMO_TYPES[ending])


def get_own_reviewed_prediction(user: User, pk: UUID) -> Prediction:
    """Return one of the user's predictions with model and review. Raises ``Http404``."""
    return get_object_or_404(Prediction.objects.visible_to(user).with_model().with_review(), pk=pk)
