"""Serializers of comparison requests and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from django.utils.translation import gettext, gettext_noop
from rest_framework import serializers

from accounts.api.fields import StrictTextField
from accounts.api.requests import RequestSerializer
from accounts.models import User
from matching.api.review_serializers import (
    PredictionReviewSerializer,
    serialize_named_review,
    serialize_review,
)
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import is_english, show_answer
from matching.compare.request import CompareRequest
from matching.engine import MAX_NAME_LENGTH
from matching.engine.types import Context, Effect, Kind
from matching.models import BatchJob, Prediction, VerdictChoice
from matters.api.fields import ADDED_HELP, SHOWN_HELP, build_matter_field, read_matter
from matters.models import Matter

DISCLAIMER = gettext_noop("Not legal advice. Two entities can share one name.")
_MAX_IDENTIFIERS = 10
_MAX_IDENTIFIER_LENGTH = 100
_MAX_IDENTIFIER_NAME_LENGTH = 40


class IdentifiersField(serializers.DictField):
    """Identifiers of one party, such as ``lei``, ``company_number`` or ``date_of_birth``."""

    child = StrictTextField(max_length=_MAX_IDENTIFIER_LENGTH)

    def to_internal_value(self, data: dict[Any, Any]) -> dict[str, str]:
        """Accept a mapping of strings. Raises ``ValidationError`` for too many entries or too long names."""
        if isinstance(data, dict) and len(data) > _MAX_IDENTIFIERS:
            raise serializers.ValidationError(f"at most {_MAX_IDENTIFIERS} identifiers")
        if isinstance(data, dict) and any(len(str(name)) > _MAX_IDENTIFIER_NAME_LENGTH for name in data):
            raise serializers.ValidationError(
                f"the name of an identifier has at most {_MAX_IDENTIFIER_NAME_LENGTH} characters"
            )
        checked: dict[str, str] = super().to_internal_value(data)
        return checked


class PairSerializer(RequestSerializer):
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
    """Two names, facts about them, the profile to compare them under, and the matter of the result."""

    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), default="general")
    matter = build_matter_field(f"{ADDED_HELP} In a batch it stands beside the pairs.")

    @classmethod
    def parse_in_matter(cls, data: Any, user: User) -> tuple[CompareRequest, Matter | None]:
        """Return the request of a body, and the matter it names. Raises ``ValidationError``."""
        fields = _get_shared_serializer(cls).run_validation(data)
        return build_compare_request(fields), read_matter(user, fields["matter"])


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


CONFIDENCE_HELP = (
    "Probability that the verdict is right: by a rule, from its measured errors under the profile; by the "
    "model, its calibrated probability. Null for a review, which decides nothing."
)
LEANING_HELP = "For a review: the likelier answer. Null for a verdict that decides."
LEANING_PROBABILITY_HELP = (
    "For a review: probability of the leaning, 0.5 to 1. Null for a verdict that decides."
)
LEANINGS = (VerdictChoice.IMMATERIAL.value, VerdictChoice.MATERIAL.value)


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

    # It describes the response only; `serialize_prediction` builds it without the cost of a serializer.

    id = serializers.UUIDField()
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(allow_null=True, help_text=CONFIDENCE_HELP)
    leaning = serializers.ChoiceField(choices=LEANINGS, allow_null=True, help_text=LEANING_HELP)
    leaning_probability = serializers.FloatField(allow_null=True, help_text=LEANING_PROBABILITY_HELP)
    material_probability = serializers.FloatField(help_text="Probability that the difference is material.")
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
    matter = serializers.CharField(allow_null=True, help_text=SHOWN_HELP)
    review = PredictionReviewSerializer(help_text="What reviewers say of it; `verdict` is the model's.")
    cached = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    disclaimer = serializers.CharField()


def serialize_arm(prediction: Prediction) -> dict[str, str] | None:
    """Return the experiment and the arm that answered; ``None`` outside of experiments."""
    experiment_id = prediction.experiment_id
    return {"id": str(experiment_id), "arm": prediction.variant} if experiment_id else None


def get_reference(row: Prediction | BatchJob) -> str | None:
    """Return the reference of the matter that a prediction or job belongs to; ``None`` without one."""
    return row.matter.reference if row.matter_id and row.matter else None


def serialize_reviewed_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return the API form of one prediction, with the names of its reviewers where they are shown."""
    return {**serialize_prediction(prediction), "review": serialize_named_review(prediction)}


def serialize_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return the API form of a prediction, in the language of the request; after erasure without its text.

    Only its review changes with time; without ``with_review`` it shows none.
    """
    answer = _read_answer(prediction)
    return answer if is_english() else {**show_answer(answer), "disclaimer": gettext(DISCLAIMER)}


def _read_answer(prediction: Prediction) -> dict[str, Any]:
    """Return the API form of a prediction as it was stored, in English."""
    quoted_text = orjson.loads(prediction.words) if prediction.words else {}
    quoted_differences = quoted_text.get("differences") or [{}] * len(prediction.differences)
    return {
        "id": str(prediction.pk),
        "prediction": prediction.prediction,
        "verdict": prediction.verdict,
        "confidence": None if prediction.confidence is None else float(prediction.confidence),
        "leaning": prediction.leaning,
        "leaning_probability": prediction.leaning_probability,
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
        "model": {"name": prediction.model.name, "version": prediction.model.version},
        "rules_version": prediction.rules_version,
        "experiment": serialize_arm(prediction),
        "matter": get_reference(prediction),
        "review": serialize_review(prediction),
        "cached": prediction.cached,
        "created_at": prediction.created_at.isoformat(),
        "disclaimer": DISCLAIMER,
    }
