"""API views of sign-in and of the user's own account."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts.api.serializers import (
    MeSerializer,
    RefreshSerializer,
    TokenAnswerSerializer,
    TokenSerializer,
    describe_account,
)
from accounts.auth.access_events import record_sign_in
from accounts.auth.authentication import AnonymousAuthentication, require_user
from accounts.auth.throttles import LoginThrottle, RefreshThrottle


class TokenView(APIView):
    """Sign in with e-mail and password."""

    authentication_classes = (AnonymousAuthentication,)
    permission_classes = (AllowAny,)
    throttle_classes = (LoginThrottle,)

    @extend_schema(auth=[], request=TokenSerializer, responses=TokenAnswerSerializer, operation_id="token")
    def post(self, request: Request) -> Response:
        """Return an access token (15 minutes) and a refresh token (at most until 24 hours after sign-in)."""
        serializer = TokenSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        if serializer.user is not None:
            record_sign_in(serializer.user, request._request, "api")
        return Response(serializer.validated_data)


class RefreshView(APIView):
    """Continue a session."""

    authentication_classes = (AnonymousAuthentication,)
    permission_classes = (AllowAny,)
    throttle_classes = (RefreshThrottle,)

    @extend_schema(
        auth=[], request=RefreshSerializer, responses=TokenAnswerSerializer, operation_id="token_refresh"
    )
    def post(self, request: Request) -> Response:
        """Return a new pair of tokens; the refresh token that was sent cannot be used again."""
        serializer = RefreshSerializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(serializer.validated_data)


class MeView(APIView):
    """The user of the request."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the user of the token or API key, and their permissions."""
        return Response(describe_account(require_user(request), request.auth))
