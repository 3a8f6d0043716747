"""Serializers of prediction lists, of a pair under every profile, and of profiles, categories, models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from accounts.api.requests import RequestSerializer
from accounts.models import User
from matching.api.review_serializers import STATUS_HELP, PredictionReviewSerializer, serialize_review
from matching.api.serializers import (
    CONFIDENCE_HELP,
    DISCLAIMER,
    LEANING_HELP,
    LEANING_PROBABILITY_HELP,
    LEANINGS,
    DifferenceSerializer,
    ExperimentArmSerializer,
    ModelSerializer,
    get_reference,
    serialize_arm,
)
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import show_comparison, show_text
from matching.engine import RULES_VERSION, Comparison, load_categories
from matching.engine.types import Effect
from matching.models import FileFormat, Prediction, ReviewStatus, VerdictChoice
from matching.serving.live_models import get_model_loader
from matters.api.fields import FILTER_HELP, SHOWN_HELP, build_matter_field, read_matter_filter


class PredictionFilterSerializer(RequestSerializer):
    """Filters of a list of predictions."""

    verdict = serializers.ChoiceField(choices=VerdictChoice.values, required=False)
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), required=False)
    review_status = serializers.ChoiceField(
        choices=ReviewStatus.values, required=False, help_text=STATUS_HELP
    )
    created_from = serializers.DateTimeField(required=False, help_text="Created at this time or later.")
    created_to = serializers.DateTimeField(required=False, help_text="Created before this time.")
    matter = build_matter_field(FILTER_HELP)

    def read_filters(self, user: User) -> dict[str, Any]:
        """Return the valid filters, the matter as a row. Raises ``ValidationError``."""
        return {**self.validated_data, "matter": read_matter_filter(user, self.validated_data["matter"])}


class PredictionListSerializer(PredictionFilterSerializer, PageSerializer):
    """Filters and page of a list of predictions."""


class ExportRequestSerializer(PredictionFilterSerializer):
    """Filters and file format of an export of predictions."""

    file = serializers.ChoiceField(choices=FileFormat.values, default=FileFormat.CSV.value)


class PredictionSummarySerializer(serializers.Serializer[Any]):
    """A prediction in a list."""

    id = serializers.UUIDField()
    name1 = serializers.CharField(help_text="As sent; empty after erasure.")
    name2 = serializers.CharField(help_text="As sent; empty after erasure.")
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(allow_null=True, help_text=CONFIDENCE_HELP)
    leaning = serializers.ChoiceField(choices=LEANINGS, allow_null=True, help_text=LEANING_HELP)
    leaning_probability = serializers.FloatField(allow_null=True, help_text=LEANING_PROBABILITY_HELP)
    profile = serializers.CharField()
    kind = serializers.CharField()
    categories = serializers.ListField(
        child=serializers.CharField(), help_text="Categories of the differences."
    )
    model = ModelSerializer()
    experiment = ExperimentArmSerializer(allow_null=True)
    matter = serializers.CharField(allow_null=True, help_text=SHOWN_HELP)
    review = PredictionReviewSerializer(help_text="What reviewers say of it; `verdict` is the model's.")
    cached = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PredictionPageSerializer(serializers.Serializer[Any]):
    """A page of predictions, newest first."""

    results = PredictionSummarySerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class ProfileComparisonSerializer(serializers.Serializer[Any]):
    """The result of a pair under one profile."""

    profile = serializers.CharField()
    title = serializers.CharField()
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(allow_null=True, help_text=CONFIDENCE_HELP)
    leaning = serializers.ChoiceField(choices=LEANINGS, allow_null=True, help_text=LEANING_HELP)
    leaning_probability = serializers.FloatField(allow_null=True, help_text=LEANING_PROBABILITY_HELP)
    material_probability = serializers.FloatField()
    reason = serializers.CharField(help_text="One plain sentence.")
    missing_fact = serializers.CharField(allow_null=True, help_text="For review: what would settle it.")
    decided_by = serializers.CharField()
    differences = DifferenceSerializer(many=True)
    model = ModelSerializer()


class AllProfilesSerializer(serializers.Serializer[Any]):
    """The results of a pair under every profile."""

    kind = serializers.CharField()
    name1 = serializers.DictField(help_text="Name A as parsed.")
    name2 = serializers.DictField(help_text="Name B as parsed.")
    profiles = ProfileComparisonSerializer(many=True)
    rules_version = serializers.CharField()
    disclaimer = serializers.CharField()


class ProfileSerializer(serializers.Serializer[Any]):
    """A profile: a legal regime with the effect of each category of difference."""

    id = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    version = serializers.CharField()
    date = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    effects = serializers.DictField(child=serializers.CharField(), help_text="Category -> effect.")


class CategorySerializer(serializers.Serializer[Any]):
    """A category of difference."""

    id = serializers.CharField()
    title = serializers.CharField()
    subject = serializers.CharField()
    explanation = serializers.CharField()
    missing_fact = serializers.CharField(allow_null=True)
    authority = serializers.CharField()
    example = serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)


class LiveModelSerializer(serializers.Serializer[Any]):
    """A model version in a live slot."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    role = serializers.CharField(help_text="champion, challenger or shadow")
    profile = serializers.CharField(help_text="`*`: every profile without a version of its own.")


class ProfilesSerializer(serializers.Serializer[Any]):
    """All profiles of one version of the rules."""

    rules_version = serializers.CharField()
    results = ProfileSerializer(many=True)


class CategoriesSerializer(serializers.Serializer[Any]):
    """All categories of one version of the rules."""

    rules_version = serializers.CharField()
    results = CategorySerializer(many=True)


class ModelsSerializer(serializers.Serializer[Any]):
    """The live models of one generation."""

    generation = serializers.IntegerField(help_text="Rises with every promotion and rollback.")
    results = LiveModelSerializer(many=True)


def serialize_prediction_summary(row: Prediction) -> dict[str, Any]:
    """Return a prediction of a list; decrypts the two names and nothing else."""
    return {
        "id": str(row.pk),
        "name1": row.name1,
        "name2": row.name2,
        "prediction": row.prediction,
        "verdict": row.verdict,
        "confidence": None if row.confidence is None else float(row.confidence),
        "leaning": row.leaning,
        "leaning_probability": row.leaning_probability,
        "profile": row.profile,
        "kind": row.kind,
        "categories": list(dict.fromkeys(item["category"] for item in row.differences)),
        "model": {"name": row.model.name, "version": row.model.version},
        "experiment": serialize_arm(row),
        "matter": get_reference(row),
        "review": serialize_review(row),
        "cached": row.cached,
        "created_at": row.created_at.isoformat(),
    }


def serialize_all_profiles(comparisons: dict[str, Comparison]) -> dict[str, Any]:
    """Return the comparisons of one pair under every profile; kind and parsed names are the same in all."""
    first = next(iter(comparisons.values()))
    return {
        "kind": first.kind.value,
        "name1": dict(first.left),
        "name2": dict(first.right),
        "profiles": [_serialize_profile(comparison) for comparison in comparisons.values()],
        "rules_version": RULES_VERSION,
        "disclaimer": gettext(DISCLAIMER),
    }


def _serialize_profile(comparison: Comparison) -> dict[str, Any]:
    texts = show_comparison(comparison)
    return {
        "profile": comparison.profile.id,
        "title": show_text(comparison.profile.title),
        "prediction": comparison.prediction,
        "verdict": comparison.verdict.value,
        "confidence": _round(comparison.confidence),
        "leaning": comparison.leaning.value if comparison.leaning else None,
        "leaning_probability": _round(comparison.leaning_probability),
        "material_probability": round(comparison.material_probability, 4),
        "reason": texts["reason"],
        "missing_fact": texts["missing_fact"],
        "decided_by": comparison.decided_by,
        "differences": texts["differences"],
        "model": {"name": comparison.model, "version": comparison.model_version},
    }


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def list_profiles() -> dict[str, Any]:
    """Return the available profiles with the effect of each category."""
    keys = ("id", "title", "summary", "version", "date", "sources")
    rows = [
        _show_texts(
            {**{key: getattr(profile, key) for key in keys}, "effects": _format_effects(profile.effects)}
        )
        for profile in get_available_profiles().values()
    ]
    return {"rules_version": RULES_VERSION, "results": rows}


def list_categories() -> dict[str, Any]:
    """Return all categories of difference."""
    keys = ("id", "title", "subject", "explanation", "authority", "example")
    rows = [
        _show_texts({**{key: getattr(category, key) for key in keys}, "missing_fact": category.missing})
        for category in load_categories().values()
    ]
    return {"rules_version": RULES_VERSION, "results": rows}


def _show_texts(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the rules with its texts in the language of the request."""
    keys = ("title", "summary", "explanation", "missing_fact")
    return {**row, **{key: show_text(row[key]) for key in keys if row.get(key)}}


def list_live_models() -> dict[str, Any]:
    """Return the live models of this process. Raises ``NoLiveModelError``, ``ArtefactVerificationError``."""
    live = get_model_loader().get_live_models()
    rows = [
        {"id": str(model.id), "name": model.name, "version": model.version, "role": role, "profile": profile}
        for (profile, role), model in sorted(live.models_by_slot.items())
    ]
    return {"generation": live.generation, "results": rows}


def _format_effects(effects: Mapping[str, Effect]) -> dict[str, str]:
    return {category: effect.value for category, effect in effects.items()}
