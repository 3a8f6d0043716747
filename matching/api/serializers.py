"""The API's side of a comparison: what may be asked, and the one shape in which it is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rest_framework import serializers

from matching.compare.available_profiles import get_available_profiles
from matching.compare.request import CompareRequest
from matching.compare.service import StoredComparison
from matching.engine import MAX_NAME_LENGTH
from matching.engine.types import Context, Effect, Kind
from matching.models import Prediction, VerdictChoice

DISCLAIMER = "Not legal advice. Two entities can share one name."
_MAX_IDENTIFIERS = 10
_MAX_IDENTIFIER_LENGTH = 100


class StrictTextField(serializers.CharField):
    """Text that was sent as text: a number would have lost its leading zeros before it came here."""

    def to_internal_value(self, data: Any) -> str:
        """Accept a string. Raises ``ValidationError`` for anything else."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdentifiersField(serializers.DictField):
    """Hard identifiers of one side, such as ``lei``, ``company_number`` or ``date_of_birth``."""

    child = StrictTextField(max_length=_MAX_IDENTIFIER_LENGTH)

    def to_internal_value(self, data: dict[Any, Any]) -> dict[str, str]:
        """Accept a small mapping. Raises ``ValidationError`` for more than ten entries."""
        if isinstance(data, dict) and len(data) > _MAX_IDENTIFIERS:
            raise serializers.ValidationError(f"at most {_MAX_IDENTIFIERS} identifiers")
        checked: dict[str, str] = super().to_internal_value(data)
        return checked


class PairSerializer(serializers.Serializer[CompareRequest]):
    """Two names and what is known about them."""

    name1 = StrictTextField(max_length=MAX_NAME_LENGTH, trim_whitespace=False)
    name2 = StrictTextField(max_length=MAX_NAME_LENGTH, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=["auto", *(kind.value for kind in Kind)], default="auto")
    jurisdiction1 = StrictTextField(max_length=6, default=None, allow_null=True)
    jurisdiction2 = StrictTextField(max_length=6, default=None, allow_null=True)
    register = serializers.ChoiceField(
        choices=["name1", "name2"],
        default=None,
        allow_null=True,
        help_text="Which name is the registered one.",
    )
    identifiers1 = IdentifiersField(default=dict)
    identifiers2 = IdentifiersField(default=dict)

    def to_request(self) -> CompareRequest:
        """Return the checked question."""
        return build_compare_request(self.validated_data)

    @classmethod
    def parse_request(cls, data: Any) -> CompareRequest:
        """Return the question that a body asks. Raises ``ValidationError``.

        One serializer checks all requests: it keeps nothing of them, and making its fields anew each time
        would cost more than comparing two names that were read before.
        """
        return build_compare_request(_get_shared_serializer(cls).run_validation(data))


class CompareRequestSerializer(PairSerializer):
    """Two names, what is known about them, and the profile under which they are read."""

    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")


@lru_cache(maxsize=2)
def _get_shared_serializer(serializer: type[PairSerializer]) -> PairSerializer:
    return serializer()


def build_compare_request(given: Mapping[str, Any]) -> CompareRequest:
    """Return the question that checked fields ask."""
    context = Context(
        jurisdiction_left=given["jurisdiction1"],
        jurisdiction_right=given["jurisdiction2"],
        register={"name1": "left", "name2": "right"}.get(given["register"]),
        identifiers_left=given["identifiers1"],
        identifiers_right=given["identifiers2"],
    )
    profile = given.get("profile", "general")
    return CompareRequest(given["name1"], given["name2"], profile, given["kind"], context)


class DifferenceSerializer(serializers.Serializer[Any]):
    """One named, located difference."""

    category = serializers.CharField(help_text="Id of the category, such as O08.")
    title = serializers.CharField()
    text1 = serializers.CharField()
    text2 = serializers.CharField()
    span1 = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, min_length=2, max_length=2
    )
    span2 = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, min_length=2, max_length=2
    )
    effect = serializers.ChoiceField(choices=[effect.value for effect in Effect])
    rule = serializers.CharField()
    authority = serializers.CharField()
    explanation = serializers.CharField()


class ModelSerializer(serializers.Serializer[Any]):
    """The version that scored."""

    name = serializers.CharField()
    version = serializers.CharField()


class ExperimentArmSerializer(serializers.Serializer[Any]):
    """The arm of an experiment that answered."""

    id = serializers.UUIDField()
    arm = serializers.CharField()


class PredictionSerializer(serializers.Serializer[Any]):
    """The answer to a comparison.

    Describes :func:`answer`, which builds it without the cost of a serializer.
    """

    id = serializers.UUIDField()
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(help_text="Probability of the stated prediction.")
    material_probability = serializers.FloatField()
    reason = serializers.CharField(help_text="One plain sentence.")
    missing_fact = serializers.CharField(allow_null=True, help_text="For review: what would settle it.")
    profile = serializers.CharField()
    kind = serializers.CharField()
    differences = DifferenceSerializer(many=True)
    name1 = serializers.DictField(help_text="The first name as parsed.")
    name2 = serializers.DictField(help_text="The second name as parsed.")
    steps = serializers.ListField(help_text="From as received to as normalised.")
    notes = serializers.ListField(child=serializers.CharField())
    contributions = serializers.DictField(
        child=serializers.FloatField(), help_text="Log-odds each feature added; empty when a rule decided."
    )
    decided_by = serializers.CharField(help_text="Whether a rule or the model decided.")
    model = ModelSerializer()
    rules_version = serializers.CharField()
    experiment = ExperimentArmSerializer(allow_null=True)
    cached = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    disclaimer = serializers.CharField()


def serialize_comparison(given: StoredComparison) -> dict[str, Any]:
    """Return the answer to a comparison that was just made."""
    model = {"name": given.version.model.name, "version": given.version.model.version}
    return _build_payload(given.prediction, given.result.quoted_text, model)


def serialize_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return an earlier answer as it was given; after erasure without its words."""
    words = json.loads(prediction.words) if prediction.words else {}
    model = {"name": prediction.model.name, "version": prediction.model.version}
    return _build_payload(prediction, words, model)


def _build_payload(prediction: Prediction, words: dict[str, Any], model: dict[str, str]) -> dict[str, Any]:
    quoted = words.get("differences") or [{}] * len(prediction.differences)
    met = prediction.experiment_id
    return {
        "id": str(prediction.pk),
        "prediction": prediction.prediction,
        "verdict": prediction.verdict,
        "confidence": float(prediction.confidence),
        "material_probability": float(prediction.material_probability),
        "reason": words.get("reason", ""),
        "missing_fact": words.get("missing_fact"),
        "profile": prediction.profile,
        "kind": prediction.kind,
        "differences": [
            _merge_difference(*pair) for pair in zip(prediction.differences, quoted, strict=True)
        ],
        "name1": words.get("left", {}),
        "name2": words.get("right", {}),
        "steps": words.get("steps", []),
        "notes": words.get("notes", []),
        "contributions": words.get("contributions", {}),
        "decided_by": words.get("decided_by", ""),
        "model": model,
        "rules_version": prediction.rules_version,
        "experiment": {"id": str(met), "arm": prediction.variant} if met else None,
        "cached": prediction.cached,
        "created_at": prediction.created_at.isoformat(),
        "disclaimer": DISCLAIMER,
    }


def _merge_difference(stored: dict[str, Any], quoted: dict[str, Any]) -> dict[str, Any]:
    return {"text1": "", "text2": "", "explanation": "", **stored, **quoted}
