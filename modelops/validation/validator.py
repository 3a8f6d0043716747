"""The validator of the installation, named by a setting because this app cannot import the apps above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings

from modelops.validation.gates import GateResult
from modelops.validation.paired_comparison import PairedMeasure
from modelops.validation.validation_set import ValidationSet


@dataclass(frozen=True)
class Examination:
    """A version and the champion on the same ``rows`` rows: the gates, and each measure of both.

    ``is_own`` says whether the rows are the held-out rows of the version; otherwise they are generated.
    """

    gates: Sequence[GateResult]
    measures: Sequence[PairedMeasure]
    rows: int
    is_own: bool


class ModelValidator(Protocol):
    """The functions that the module named by ``settings.MODEL_VALIDATOR`` must define."""

    def get_schema_hash(self) -> str:
        """Return the hash of the features this program computes."""

    def build_scorer(self, content: bytes) -> Any:
        """Return the scorer of an artefact. Raises ``ValueError`` if it does not fit this program."""

    def read_model_code(self) -> str:
        """Return the Python module with which MLflow runs a version outside of this program."""

    def record_answers(self, scorer: Any) -> dict[str, Any]:
        """Return the predictions of a model for the golden pairs, to be stored with it."""

    def check_answers(self, recorded: Mapping[str, Any], scorer: Any) -> None:
        """Raise ``ValueError`` for a model whose predictions differ from the recorded ones."""

    def examine(self, mine: Any, theirs: Any | None, own_rows: ValidationSet | None) -> Examination:
        """Return the gates and measures of a model beside the champion on the same rows."""


@lru_cache(maxsize=1)
def get_validator() -> ModelValidator:
    """Return the validator of this installation."""
    return cast("ModelValidator", import_module(settings.MODEL_VALIDATOR))
