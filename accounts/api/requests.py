"""Bodies and parameters of requests: what is not known is refused, with what would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

_MAX_ECHO = 40
"""Characters of an unknown word that an answer repeats."""

_MAX_UNKNOWN = 10
"""Unknown fields that one answer names."""


class RequestSerializer(serializers.Serializer[Any]):
    """A body or the parameters of a request; unknown fields and values are refused with the known ones.

    A misspelled field that is ignored would be answered under its default, and nobody would notice.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields. Raises ``ValidationError``."""
        unknown = _describe_unknown_fields(self, data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**_list_choices(self, error.detail), **unknown}) from None
        if unknown:
            raise ValidationError(unknown)
        return values


class RequestSerializerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says in the OpenAPI document that a request has no other fields."""

    target_class = "accounts.api.requests.RequestSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of a request."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def suggest(sentence: str, word: str, known: Iterable[str]) -> str:
    """Return a sentence about an unknown word, with the nearest known one and all known ones."""
    choices = sorted(str(choice) for choice in known if choice != "")
    nearest = get_close_matches(word, choices, n=1)
    hint = [gettext("Did you mean %(word)s?") % {"word": nearest[0]}] if nearest else []
    return " ".join([sentence, *hint, gettext("Known: %(words)s.") % {"words": ", ".join(choices)}])


def _describe_unknown_fields(serializer: RequestSerializer, data: Any) -> dict[str, list[str]]:
    if not isinstance(data, Mapping) or data.keys() <= serializer.fields.keys():
        return {}
    unknown = [str(name) for name in data if name not in serializer.fields][:_MAX_UNKNOWN]
    sentence = gettext("There is no such field.")
    return {name[:_MAX_ECHO]: [suggest(sentence, name[:_MAX_ECHO], serializer.fields)] for name in unknown}


def _list_choices(serializer: RequestSerializer, detail: Any) -> dict[str, Any]:
    """Return errors by field; those of unknown values list the known ones."""
    return {name: _list_choices_of(serializer.fields.get(name), faults) for name, faults in detail.items()}


def _list_choices_of(field: Any, faults: Any) -> Any:
    if not isinstance(field, serializers.ChoiceField):
        return faults
    return [_describe_fault(fault, field.choices) for fault in faults]


def _describe_fault(fault: ErrorDetail, choices: Iterable[str]) -> str:
    """Return the sentence of a fault; one about an unknown value quotes it: ``"x" is not a valid choice.``"""
    if fault.code != "invalid_choice":
        return fault
    value = fault.rpartition('"')[0].removeprefix('"')
    echo = value if len(value) <= _MAX_ECHO else f"{value[:_MAX_ECHO]}…"
    return suggest(fault.replace(value, echo) if value else str(fault), value[:_MAX_ECHO], choices)
