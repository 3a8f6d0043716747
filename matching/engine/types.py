"""The types that the whole engine shares.

Every public structure is immutable, so results can be cached, compared and shared between threads. Offsets
are Python string indices into the name *as received*: ``name[start:end]`` is the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from matching.engine.categories import CategoryId, DecisionSource, Effect, Kind, Verdict

__all__ = [
    "MAX_NAME_LENGTH",
    "ArtefactError",
    "Context",
    "DecisionSource",
    "Difference",
    "Effect",
    "EmptyNameError",
    "EngineError",
    "Finding",
    "Kind",
    "NameTooLongError",
    "PairFeatures",
    "Scorer",
    "Span",
    "Thresholds",
    "UnknownKindError",
    "UnknownProfileError",
    "Verdict",
    "mirror_finding",
]

MAX_NAME_LENGTH = 1_000
"""Longest name accepted, in characters. The longest registered company names known are under 400."""

Span = tuple[int, int]
"""Half-open ``[start, end)`` offsets into a name as received."""


class EngineError(ValueError):
    """Input that cannot be compared; the message says why and what to do, and never quotes the name."""


class EmptyNameError(EngineError):
    """The name holds no letter and no digit."""


class NameTooLongError(EngineError):
    """The name is longer than :data:`MAX_NAME_LENGTH`."""


class UnknownProfileError(EngineError):
    """No profile has that id."""


class UnknownKindError(EngineError):
    """The kind is none of ``auto``, ``organisation``, ``individual``."""


class ArtefactError(EngineError):
    """A model artefact is damaged or was trained for other features than this engine computes."""


@dataclass(frozen=True, slots=True)
class Context:
    """Facts beyond the two names; all are optional.

    ``register`` says which side is the registered name (``"left"`` or ``"right"``). Jurisdictions are
    ISO 3166 codes (``"DE"``, ``"US-DE"``). Identifiers are hard ones such as ``{"lei": "..."}``,
    ``{"company_number": "...", }`` or ``{"date_of_birth": "1980-02-29"}``.
    """

    jurisdiction_left: str | None = None
    jurisdiction_right: str | None = None
    register: str | None = None
    identifiers_left: Mapping[str, str] = field(default_factory=dict)
    identifiers_right: Mapping[str, str] = field(default_factory=dict)


class Finding(NamedTuple):
    """A difference as a detector finds it, before a profile gives it an effect.

    Spans are offsets into the left and right name as received,
    ``None`` where the text stands on one side only. ``weight`` in [0, 1] is how distinctive the words are:
    a missing "of" weighs almost nothing, an invented word weighs 1. ``detail`` names a case of the category,
    which a profile can judge separately (:class:`CategoryCase`); ``note`` is a sentence on this pair.
    """

    category: CategoryId
    span1: Span | None
    span2: Span | None
    detail: str = ""
    weight: float = 1.0
    note: str = ""


def mirror_finding(finding: Finding) -> Finding:
    """Return the finding with the two names exchanged."""
    return Finding(
        finding.category, finding.span2, finding.span1, finding.detail, finding.weight, finding.note
    )


class Difference(NamedTuple):
    """One named, located difference with its effect under the profile and its authority."""

    category: CategoryId
    title: str
    text1: str
    text2: str
    span1: Span | None
    span2: Span | None
    effect: Effect
    rule: str
    authority: str
    explanation: str


class PairFeatures(NamedTuple):
    """The feature row of a pair and the parsed parts of both names, without a verdict."""

    kind: Kind
    features: tuple[float, ...]
    left: Mapping[str, Any]
    right: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The probabilities at most and at least which the model alone decides."""

    immaterial_below: float
    material_above: float


class Scorer(Protocol):
    """A model as the engine uses it: named feature rows in, material probabilities out."""

    @property
    def name(self) -> str:
        """The name of the registered model."""

    @property
    def version(self) -> str:
        """The version of the registered model."""

    def get_thresholds(self, kind: Kind, profile: str = "general") -> Thresholds:
        """Return the thresholds for a kind of name under a profile."""

    def get_error_rate(
        self, profile: str, verdict: Verdict, kind: Kind, causes: Sequence[str]
    ) -> float | None:
        """Return the measured share of wrong verdicts by rule from these causes; ``None`` if not measured."""

    def predict_probability(self, row: Sequence[float]) -> float:
        """Return the calibrated probability in [0, 1] that the difference is material."""

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the calibrated probabilities of many rows."""

    def compute_contributions(self, row: Sequence[float]) -> Mapping[str, float]:
        """Return the log-odds that each feature adds, with ``baseline``; they sum to the score."""
