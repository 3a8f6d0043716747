"""The endpoints of matters, for their members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.idempotency import idempotent
from accounts.api.openapi import IDEMPOTENCY_KEY_PARAMETER
from accounts.api.paging import fetch_page
from accounts.api.problems import ConflictError
from accounts.auth.authentication import require_user
from accounts.models import User
from matters import service
from matters.api.serializers import (
    MatterChangeSerializer,
    MatterListSerializer,
    MatterPageSerializer,
    MatterRequestSerializer,
    MatterSerializer,
    MemberListSerializer,
    MemberRequestSerializer,
    MemberSerializer,
)
from matters.models import Matter, MatterMember
from matters.service import MatterError

_PERMISSION = "matters.use_matters"
_SCOPE = property(lambda view: "read" if view.request.method == "GET" else "compare")


class MattersView(APIView):
    """List and create matters."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(parameters=[MatterListSerializer], responses=MatterPageSerializer, operation_id="matters")
    def get(self, request: Request) -> Response:
        """List the matters of which you are a member, newest first."""
        query = MatterListSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        page = dict(query.validated_data)
        rows = service.search_matters(require_user(request), page.pop("search", ""))
        found, following = fetch_page(rows, **page)
        return Response({"results": MatterSerializer(found, many=True).data, "next": following})

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY_PARAMETER],
        request=MatterRequestSerializer,
        responses={201: MatterSerializer},
        operation_id="matter_create",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create a matter; you are its first member and its manager."""
        serializer = MatterRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with _translate_refusal():
            row = service.create_matter(require_user(request), **serializer.validated_data)
        return Response(MatterSerializer(row).data, status=201)


class MatterView(APIView):
    """Read and change one matter."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(responses=MatterSerializer, operation_id="matter")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return one of your matters."""
        return Response(MatterSerializer(get_matter(require_user(request), pk)).data)

    @extend_schema(request=MatterChangeSerializer, responses=MatterSerializer, operation_id="matter_change")
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the note of an open matter that you manage, and its numbers if you made it."""
        user = require_user(request)
        matter = _get_managed_matter(user, pk)
        serializer = MatterChangeSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with _translate_refusal():
            row = service.change_matter(matter, user, serializer.validated_data)
        return Response(MatterSerializer(row).data)


class MatterCloseView(APIView):
    """Close a matter."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(request=None, responses=MatterSerializer, operation_id="matter_close")
    def post(self, request: Request, pk: UUID) -> Response:
        """Close a matter that you manage: members still see it, nothing is added."""
        return _change_state(request, pk, service.close_matter)


class MatterReopenView(APIView):
    """Open a closed matter again."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(request=None, responses=MatterSerializer, operation_id="matter_reopen")
    def post(self, request: Request, pk: UUID) -> Response:
        """Open a closed matter that you manage, so that comparisons and files can be added again."""
        return _change_state(request, pk, service.reopen_matter)


class MembersView(APIView):
    """List and add members."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(responses=MemberListSerializer, operation_id="matter_members")
    def get(self, request: Request, pk: UUID) -> Response:
        """List the members of one of your matters."""
        rows = list_members(get_matter(require_user(request), pk))
        return Response({"results": MemberSerializer(rows, many=True).data})

    @extend_schema(
        request=MemberRequestSerializer, responses={201: MemberSerializer}, operation_id="matter_member_add"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a member to a matter that you manage; they see what it holds already, too."""
        serializer = MemberRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user, fields = require_user(request), serializer.validated_data
        with _translate_refusal():
            row = service.add_member(
                _get_managed_matter(user, pk), fields["email"], user, fields["is_manager"]
            )
        return Response(MemberSerializer(row).data, status=201)


class MemberView(APIView):
    """Remove a member."""

    required_permission = _PERMISSION
    required_scope = _SCOPE

    @extend_schema(responses={204: None}, operation_id="matter_member_remove")
    def delete(self, request: Request, pk: UUID, user_pk: UUID) -> Response:
        """Remove a member from a matter that you manage, or yourself from any of your matters."""
        user = require_user(request)
        matter = get_matter(user, pk) if user.pk == user_pk else _get_managed_matter(user, pk)
        with _translate_refusal():
            service.remove_member(matter, user_pk, user)
        return Response(status=204)


def get_matter(user: User, pk: UUID) -> Matter:
    """Return one of the user's matters. Raises ``Http404``."""
    return get_object_or_404(service.list_matters(user), pk=pk)


def list_members(matter: Matter) -> QuerySet[MatterMember]:
    """Return the members of a matter with their accounts, the first one first."""
    return matter.members.select_related("user")


def _change_state(request: Request, pk: UUID, change: Callable[[Matter, User], Matter]) -> Response:
    """Close or open a matter that the user manages, and return it."""
    user = require_user(request)
    return Response(MatterSerializer(change(_get_managed_matter(user, pk), user)).data)


def _get_managed_matter(user: User, pk: UUID) -> Matter:
    """Return a matter that the user manages. Raises ``Http404``, and ``PermissionDenied`` for members."""
    matter = get_matter(user, pk)
    if not service.is_manager(matter, user):
        raise PermissionDenied(gettext("Only a manager of the matter may do this."))
    return matter


@contextmanager
def _translate_refusal() -> Iterator[None]:
    """Turn the refusal of a change into a conflict."""
    try:
        yield
    except MatterError as error:
        raise ConflictError(str(error), "matter_refused") from None
