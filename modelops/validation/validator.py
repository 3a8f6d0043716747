"""Who knows what a model is for: named by a setting, because this app does not know the apps above it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings

from modelops.validation.gates import GateResult
from modelops.validation.validation_set import ValidationSet


class ModelValidator(Protocol):
    """What ``settings.MODEL_VALIDATOR`` must offer."""

    def get_schema_hash(self) -> str:
        """Return the hash of the features this program computes."""

    def build_scorer(self, content: bytes) -> Any:
        """Turn an artefact into something that scores. Raises ``ValueError`` if it does not fit."""

    def record_answers(self, scorer: Any) -> dict[str, Any]:
        """Return what a model answers now, to be kept with it."""

    def check_answers(self, recorded: Mapping[str, Any], scorer: Any) -> None:
        """Raise ``ValueError`` for a model that answers otherwise than recorded."""

    def run_gates(self, mine: Any, theirs: Any | None, exam: ValidationSet | None) -> list[GateResult]:
        """Return every finding about a model beside the champion's."""


@lru_cache(maxsize=1)
def get_validator() -> ModelValidator:
    """Return the examiner of this installation."""
    return cast("ModelValidator", import_module(settings.MODEL_VALIDATOR))
