"""Response bodies are the JSON that REST framework would write."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer

from accounts.api.renderers import OrjsonRenderer

BODY = {
    "name": "Société Générale “Zürich” \u2028 野村 \x1f \\ / 🏦",
    "numbers": [0, 0.1, 1e-9, 2**53, True, None],
    "said": [ErrorDetail("too long", "max_length"), gettext_lazy("Required.")],
    "by": {1: "number as a key"},
    "left to the encoder": [Decimal("0.9700"), UUID(int=7), {3}, (1, 2), b"bytes"],
    "at": datetime(2026, 11, 27, 12, 30, tzinfo=UTC),
}


def test_a_body_says_what_the_framework_would_have_said() -> None:
    assert json.loads(OrjsonRenderer().render(BODY)) == json.loads(JSONRenderer().render(BODY))


def test_nothing_is_an_empty_body_and_people_may_ask_for_lines() -> None:
    assert OrjsonRenderer().render(None) == b""
    assert b'\n    "a": 1' in OrjsonRenderer().render({"a": 1}, "application/json; indent=4")


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        OrjsonRenderer().render({"a": object()})
