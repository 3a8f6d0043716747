"""The operations of the OpenAPI document as rows of a page: fields, examples and answers of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from config.web.schema import SharedSchemaGenerator

_METHODS = ("get", "post", "put", "patch", "delete")
_LONG_LIST = 12
"""Choices of a field that the page shows; a longer list is cut."""


@dataclass(frozen=True)
class Field:
    """A parameter or a field of a body: its type in words, and whether it must be sent."""

    name: str
    place: str
    type: str
    is_required: bool
    meaning: str


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    meaning: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    media_type: str
    request_example: str
    answers: Sequence[tuple[str, str, str]]
    """Status, meaning and example of each answer."""

    @property
    def path_fields(self) -> list[Field]:
        """The parameters in the address."""
        return [field for field in self.parameters if field.place == "path"]

    @property
    def query_fields(self) -> list[Field]:
        """The parameters after the question mark."""
        return [field for field in self.parameters if field.place == "query"]


@cache
def list_groups() -> tuple[tuple[str, tuple[Operation, ...]], ...]:
    """Return the operations by the first part of their address; they depend on the program alone."""
    document = SharedSchemaGenerator().get_schema(None, public=True)
    groups: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if operation := operations.get(method):
                row = _build_operation(document, path, method, operation)
                groups.setdefault(operation["tags"][0], []).append(row)
    return tuple((name, tuple(rows)) for name, rows in groups.items())


def _build_operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    content: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    body = content.get(media_type, {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        meaning=operation.get("description", ""),
        parameters=[_build_parameter(document, row) for row in operation.get("parameters", ())],
        body=list(_list_fields(document, body.get("schema", {}))),
        media_type=media_type,
        request_example=_read_example(body),
        answers=[
            (status, answer.get("description", ""), _read_answer_example(answer))
            for status, answer in sorted(operation["responses"].items())
        ],
    )


def _build_parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Field:
    return Field(
        parameter["name"],
        parameter["in"],
        _describe_type(document, parameter.get("schema", {})),
        parameter.get("required", False),
        _cut_choices(parameter.get("description", "")),
    )


def _list_fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    body = _resolve(document, schema)
    required = body.get("required", ())
    for name, field in body.get("properties", {}).items():
        meaning = _cut_choices(field.get("description", ""))
        yield Field(name, "body", _describe_type(document, field), name in required, meaning)


def _describe_type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the type of a field in words: its choices, or its type and format, and its default."""
    choices = list(_list_choices(document, schema))
    shown = ", ".join(choices[:_LONG_LIST]) + (", …" if len(choices) > _LONG_LIST else "")
    default = f"; default {schema['default']}" if schema.get("default") not in (None, "", {}) else ""
    if choices:
        return f"one of {shown}{default}"
    resolved = _resolve(document, schema)
    if resolved.get("type") == "array":
        return f"list of {_describe_type(document, resolved.get('items', {}))}"
    limit = f", at most {resolved['maxLength']} characters" if "maxLength" in resolved else ""
    return f"{resolved.get('format') or resolved.get('type', 'object')}{limit}{default}"


def _list_choices(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    resolved = _resolve(document, schema)
    yield from (str(choice) for choice in resolved.get("enum", ()) if choice not in (None, ""))
    for part in (*resolved.get("allOf", ()), *resolved.get("oneOf", ())):
        yield from _list_choices(document, part)


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if reference := schema.get("$ref"):
        resolved: Mapping[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
        return resolved
    return schema


def _cut_choices(text: str) -> str:
    """Return a description without the list of choices that the schema generator appends."""
    return text.partition("\n\n* ")[0].partition("* `")[0].strip()


def _read_answer_example(answer: Mapping[str, Any]) -> str:
    content: Mapping[str, Any] = answer.get("content", {})
    return next((text for media in content.values() if (text := _read_example(media))), "")


def _read_example(media: Mapping[str, Any]) -> str:
    """Return the first example of a body: JSON, indented, or the text of a file."""
    for example in media.get("examples", {}).values():
        value = example.get("value")
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return ""
