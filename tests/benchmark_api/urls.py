"""The product's addresses, and the yardstick: an authenticated view that inserts one row and does no more."""

from typing import Any

from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as product
from tests.benchmark_api.models import Note


class YardstickView(APIView):
    """One row in, its id out."""

    permission_classes = (IsAuthenticated,)
    throttle_classes = ()

    def post(self, request: Request) -> Response:
        """Insert one row."""
        body: Any = request.data
        row = Note(user_id=request.user.pk, text1=body["name1"], text2=body["name2"])
        row.save(force_insert=True)
        return Response({"id": str(row.pk)}, status=201)


urlpatterns = [*product, path("yardstick", YardstickView.as_view())]
