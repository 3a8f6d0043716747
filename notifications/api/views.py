"""The endpoints of notifications: list them, mark one read, mark all read."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.paging import fetch_page
from accounts.auth.authentication import require_user
from notifications.api.serializers import (
    NotificationListSerializer,
    NotificationPageSerializer,
    NotificationSerializer,
    ReadAnswerSerializer,
)
from notifications.inbox import count_unread, mark_all_read, mark_read, select_own

_PERMISSION = "notifications.receive_notifications"


class NotificationsView(APIView):
    """List notifications."""

    required_permission = _PERMISSION
    required_scope = "read"

    @extend_schema(
        parameters=[NotificationListSerializer],
        responses=NotificationPageSerializer,
        operation_id="notification_list",
    )
    def get(self, request: Request) -> Response:
        """List your notifications, newest first."""
        parameters = NotificationListSerializer(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        wanted = parameters.validated_data
        user = require_user(request)
        rows = select_own(user).unread() if wanted["unread"] else select_own(user)
        page, following = fetch_page(rows, wanted["limit"], wanted.get("cursor"))
        results = NotificationSerializer(page, many=True).data
        return Response({"results": results, "next": following, "unread": count_unread(user)})


class ReadNotificationView(APIView):
    """Mark one notification read."""

    required_permission = _PERMISSION
    required_scope = "read"

    @extend_schema(request=None, responses=NotificationSerializer, operation_id="notification_read")
    def post(self, request: Request, pk: UUID) -> Response:
        """Mark one of your notifications read; a second time changes nothing."""
        row = mark_read(require_user(request), pk)
        if row is None:
            raise Http404
        return Response(NotificationSerializer(row).data)


class ReadAllView(APIView):
    """Mark every notification read."""

    required_permission = _PERMISSION
    required_scope = "read"

    @extend_schema(request=None, responses=ReadAnswerSerializer, operation_id="notification_read_all")
    def post(self, request: Request) -> Response:
        """Mark all of your notifications read."""
        return Response({"marked": mark_all_read(require_user(request))})
