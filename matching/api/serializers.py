"""Serializers of comparison requests and predictions."""

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
    """A string; numbers are refused, because JSON drops their leading zeros."""

    def to_internal_value(self, data: Any) -> str:
        """Accept a string. Raises ``ValidationError`` for anything else."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdentifiersField(serializers.DictField):
    """Identifiers of one party, such as ``lei``, ``company_number`` or ``date_of_birth``."""

    child = StrictTextField(max_length=_MAX_IDENTIFIER_LENGTH)

    def to_internal_value(self, data: dict[Any, Any]) -> dict[str, str]:
        """Accept a mapping of strings. Raises ``ValidationError`` for more than ten entries."""
        if isinstance(data, dict) and len(data) > _MAX_IDENTIFIERS:
            raise serializers.ValidationError(f"at most {_MAX_IDENTIFIERS} identifiers")
        checked: dict[str, str] = super().to_internal_value(data)
        return checked


class PairSerializer(serializers.Serializer[CompareRequest]):
    """Two names and facts about them."""

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
        """Return the validated request."""
        return build_compare_request(self.validated_data)

    @classmethod
    def parse_request(cls, data: Any) -> CompareRequest:
        """Return the request of a body. Raises ``ValidationError``.

        One serializer validates all requests: it keeps no state of them, and creating its fields for each
        would cost more than a cached comparison.
        """
        return build_compare_request(_get_shared_serializer(cls).run_validation(data))


class CompareRequestSerializer(PairSerializer):
    """Two names, facts about them, and the profile to compare them under."""

    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")


@lru_cache(maxsize=2)
def _get_shared_serializer(serializer: type[PairSerializer]) -> PairSerializer:
    return serializer()


def build_compare_request(fields: Mapping[str, Any]) -> CompareRequest:
    """Return the request of validated fields; the profile is ``general`` where it is not a field."""
    context = Context(
        jurisdiction_left=fields["jurisdiction1"],
        jurisdiction_right=fields["jurisdiction2"],
        register={"name1": "left", "name2": "right"}.get(fields["register"]),
        identifiers_left=fields["identifiers1"],
        identifiers_right=fields["identifiers2"],
    )
    profile = fields.get("profile", "general")
    return CompareRequest(fields["name1"], fields["name2"], profile, fields["kind"], context)


class DifferenceSerializer(serializers.Serializer[Any]):
    """A difference between the two names: its category, its place and its effect under the profile."""

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
    """A model version."""

    name = serializers.CharField()
    version = serializers.CharField()


class ExperimentArmSerializer(serializers.Serializer[Any]):
    """The experiment, and the arm whose model version scored the pair."""

    id = serializers.UUIDField()
    arm = serializers.CharField()


class PredictionSerializer(serializers.Serializer[Any]):
    """The result of a comparison request."""

    # It describes the response only; `_build_payload` builds it without the cost of a serializer.

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
    name1 = serializers.DictField(help_text="Name A as parsed.")
    name2 = serializers.DictField(help_text="Name B as parsed.")
    steps = serializers.ListField(help_text="The names from as received to as normalised.")
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


def serialize_comparison(stored: StoredComparison) -> dict[str, Any]:
    """Return the API form of a comparison that was just stored, without decrypting anything."""
    model = {"name": stored.version.model.name, "version": stored.version.model.version}
    return _build_payload(stored.prediction, stored.result.quoted_text, model)


def serialize_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return the API form of a stored prediction as first returned; after erasure without its text."""
    quoted_text = json.loads(prediction.words) if prediction.words else {}
    model = {"name": prediction.model.name, "version": prediction.model.version}
    return _build_payload(prediction, quoted_text, model)


def _build_payload(
    prediction: Prediction, quoted_text: dict[str, Any], model: dict[str, str]
) -> dict[str, Any]:
    quoted_differences = quoted_text.get("differences") or [{}] * len(prediction.differences)
    experiment_id = prediction.experiment_id
    return {
        "id": str(prediction.pk),
        "prediction": prediction.prediction,
        "verdict": prediction.verdict,
        "confidence": float(prediction.confidence),
        "material_probability": float(prediction.material_probability),
        "reason": quoted_text.get("reason", ""),
        "missing_fact": quoted_text.get("missing_fact"),
        "profile": prediction.profile,
        "kind": prediction.kind,
        "differences": [
            {"text1": "", "text2": "", "explanation": "", **difference, **quoted}
            for difference, quoted in zip(prediction.differences, quoted_differences, strict=True)
        ],
        "name1": quoted_text.get("left", {}),
        "name2": quoted_text.get("right", {}),
        "steps": quoted_text.get("steps", []),
        "notes": quoted_text.get("notes", []),
        "contributions": quoted_text.get("contributions", {}),
        "decided_by": quoted_text.get("decided_by", ""),
        "model": model,
        "rules_version": prediction.rules_version,
        "experiment": {"id": str(experiment_id), "arm": prediction.variant} if experiment_id else None,
        "cached": prediction.cached,
        "created_at": prediction.created_at.isoformat(),
        "disclaimer": DISCLAIMER,
    }
