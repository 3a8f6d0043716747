"""The JSON parser of request bodies, with bounds on size and depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 10
"""Levels of nested objects and lists; the API's own requests need four."""


class BodyTooLargeError(APIException):
    """The body is larger than the server reads."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."
    default_code = "too_large"


class BoundedJSONParser(BaseParser):
    """Parses JSON (RFC 8259) of up to ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes; messages never quote the body.

    The environment variable ``MAX_BODY_BYTES`` sets the limit.
    """

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body. Raises :class:`BodyTooLargeError` and ``ParseError``."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLargeError(
                gettext("The request body is larger than {limit} bytes.").format(limit=limit)
            )
        body = _decode_json(raw)
        _check_depth(body)
        return body


def _decode_json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        raise ParseError(
            gettext("The body is not JSON: line {lineno}, column {colno}.").format(
                lineno=error.lineno, colno=error.colno
            )
        ) from None
    except UnicodeDecodeError:
        raise ParseError(gettext("The body is not UTF-8 text.")) from None
    except RecursionError:
        raise _build_depth_error() from None
    except ValueError:
        raise ParseError(gettext("The body is not JSON: a number is none, or too long.")) from None


def _reject_constant(name: str) -> None:
    raise ValueError(name)


def _check_depth(body: Any) -> None:
    """Check the depth level by level instead of recursively, so that a deep body cannot exhaust the stack."""
    level = [body] if isinstance(body, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _list_nested(item)]
        if not level:
            return
    raise _build_depth_error()


def _list_nested(item: Any) -> list[Any]:
    children = item.values() if isinstance(item, dict) else item
    return [child for child in children if isinstance(child, dict | list)]


def _build_depth_error() -> ParseError:
    return ParseError(f"The body is nested more than {MAX_DEPTH} levels deep.")
