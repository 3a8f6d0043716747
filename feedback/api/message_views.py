"""The endpoint and the form by which a requester exchanges messages with reviewers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.problems import ConflictError
from accounts.api.requests import RequestSerializer
from accounts.auth.authentication import require_user
from accounts.auth.current_user import get_current_user
from accounts.numbers import format_number
from feedback.api.memo_views import get_own_reviewed_prediction
from feedback.models import MAX_MESSAGE_LENGTH, ReviewMessage
from feedback.requests.messages import write_to_reviewers
from feedback.requests.service import ReviewRequestError

_PERMISSION = "feedback.add_reviewrequest"
_SENT = gettext_noop("Sent. The reviewer reads it.")
_SENT_AND_HELD = gettext_noop(
    "Sent. Reviewers read it after their decision, because none has asked or it speaks of the answer. "
    "What they should know before, write as facts when they ask."
)


class MessageSerializer(RequestSerializer):
    """What to tell the reviewers."""

    text = serializers.CharField(
        max_length=MAX_MESSAGE_LENGTH, help_text="Facts about the parties; reviewers decide without opinions."
    )


class StoredMessageSerializer(serializers.Serializer[Any]):
    """One message."""

    id = serializers.UUIDField()
    side = serializers.ChoiceField(choices=ReviewMessage.Side.values)
    author = serializers.CharField(
        source="author_for_requester", help_text="The reviewer's name where the installation shows it."
    )
    text = serializers.CharField(help_text="Empty after the names were erased.")
    sent_at = serializers.DateTimeField()
    is_held = serializers.BooleanField(
        help_text="Reviewers read it after their decision: none has asked, or it speaks of the answer."
    )


class MessageListSerializer(serializers.Serializer[Any]):
    """All messages about a prediction, the oldest first."""

    results = StoredMessageSerializer(many=True)


class MessagesView(APIView):
    """Write to the reviewers of a prediction; read what was exchanged."""

    required_permission = _PERMISSION
    required_scope = property(lambda view: "read" if view.request.method == "GET" else "feedback")

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=MessageSerializer,
        responses={201: StoredMessageSerializer},
        operation_id="review_message_send",
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Write to the reviewers of one of your predictions; 409 when none looks at it."""
        serializer = MessageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = require_user(request)
        try:
            row = write_to_reviewers(
                get_own_reviewed_prediction(user, pk), user, serializer.validated_data["text"]
            )
        except ReviewRequestError as refusal:
            raise ConflictError(str(refusal), "no_reviewer") from None
        return Response(StoredMessageSerializer(row).data, status=201)

    @extend_schema(responses=MessageListSerializer, operation_id="review_messages")
    def get(self, request: Request, pk: UUID) -> Response:
        """List the messages between you and the reviewers of one of your predictions."""
        rows = get_own_reviewed_prediction(require_user(request), pk).review_messages.select_related("author")
        return Response({"results": StoredMessageSerializer(rows, many=True).data})


@never_cache
@sensitive_post_parameters()
@require_POST
@login_required
@permission_required(_PERMISSION, raise_exception=True)
def send_message(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write to the reviewers of one of the user's own predictions."""
    user = get_current_user(request)
    prediction = get_own_reviewed_prediction(user, pk)
    serializer = MessageSerializer(data={"text": request.POST.get("text", "").strip()})
    if not serializer.is_valid():
        messages.error(
            request,
            gettext("Write a message of {number} characters at most.").format(
                number=format_number(MAX_MESSAGE_LENGTH)
            ),
        )
        return redirect("answer-page", pk=pk)
    try:
        row = write_to_reviewers(prediction, user, serializer.validated_data["text"])
        messages.success(request, gettext(_SENT_AND_HELD if row.is_held else _SENT))
    except ReviewRequestError as refusal:
        messages.error(request, str(refusal))
    return redirect("answer-page", pk=pk)
