"""The results of a comparison, as callers of the engine receive them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from matching.engine.explanation import serialise_difference
from matching.engine.profiles import Profile
from matching.engine.search_logic import NormalisationStep
from matching.engine.types import DecisionSource, Difference, Kind, Verdict


class Comparison(NamedTuple):
    """The explained verdict on one pair of names under one profile.

    ``prediction`` is ``True`` when the difference is material; ``confidence`` is the probability in [0, 1]
    that the verdict is right. A review decides nothing: its ``confidence`` is ``None``, ``leaning`` is the
    likelier answer, with ``leaning_probability`` in [0.5, 1], and ``missing_fact`` names the fact that would
    settle it. ``left`` and ``right`` are the parsed names. No legal advice.
    """

    kind: Kind
    profile: Profile
    verdict: Verdict
    prediction: bool
    material_probability: float
    confidence: float | None
    leaning: Verdict | None
    leaning_probability: float | None
    reason: str
    missing_fact: str | None
    differences: tuple[Difference, ...]
    left: Mapping[str, Any]
    right: Mapping[str, Any]
    steps: tuple[NormalisationStep, ...]
    features: tuple[float, ...]
    contributions: Mapping[str, float]
    decided_by: DecisionSource
    notes: tuple[str, ...]
    model: str
    model_version: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready form, without the feature row."""
        return {
            "verdict": str(self.verdict),
            "prediction": self.prediction,
            "confidence": self.confidence,
            "leaning": str(self.leaning) if self.leaning else None,
            "leaning_probability": self.leaning_probability,
            "material_probability": self.material_probability,
            "kind": str(self.kind),
            "profile": self.profile.to_dict(),
            "reason": self.reason,
            "missing_fact": self.missing_fact,
            "differences": [serialise_difference(item) for item in self.differences],
            "left": dict(self.left),
            "right": dict(self.right),
            "steps": [{"title": step.title, "left": step.left, "right": step.right} for step in self.steps],
            "contributions": dict(self.contributions),
            "decided_by": str(self.decided_by),
            "notes": list(self.notes),
            "model": {"name": self.model, "version": self.model_version},
        }


class Score(NamedTuple):
    """A verdict without its explanation, for bulk work; ``categories`` are the ids of the differences."""

    verdict: Verdict
    prediction: bool
    material_probability: float
    confidence: float | None
    leaning: Verdict | None
    leaning_probability: float | None
    categories: tuple[str, ...]


class ScoreWithReason(NamedTuple):
    """A score with its reason in one sentence and, for a review, the fact that would settle it."""

    score: Score
    reason: str
    missing_fact: str | None
