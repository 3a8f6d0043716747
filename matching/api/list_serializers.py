"""What the lists of the API show: a user's answers in short, and the rules as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from accounts.api.paging import NEXT_CURSOR_HELP, PageSerializer
from matching.api.serializers import DISCLAIMER, DifferenceSerializer, ModelSerializer
from matching.compare.available_profiles import get_available_profiles
from matching.engine import RULES_VERSION, Comparison, load_categories
from matching.engine.explanation import serialise_difference
from matching.models import FileFormat, Prediction, VerdictChoice
from matching.serving.live_models import get_model_loader


class PredictionFilterSerializer(PageSerializer):
    """Which of a user's answers are listed."""

    verdict = serializers.ChoiceField(choices=VerdictChoice.values, required=False)
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), required=False)
    created_from = serializers.DateTimeField(required=False, help_text="The first moment that counts.")
    created_to = serializers.DateTimeField(required=False, help_text="The first moment that no longer does.")


class ExportRequestSerializer(serializers.Serializer[Any]):
    """Which of a user's answers go into a file, and of which kind it is."""

    file = serializers.ChoiceField(choices=FileFormat.values, default=FileFormat.CSV.value)
    verdict = serializers.ChoiceField(choices=VerdictChoice.values, required=False)
    profile = serializers.ChoiceField(choices=sorted(get_available_profiles()), required=False)
    created_from = serializers.DateTimeField(required=False, help_text="The first moment that counts.")
    created_to = serializers.DateTimeField(required=False, help_text="The first moment that no longer does.")


class PredictionSummarySerializer(serializers.Serializer[Any]):
    """One answer in a list. Describes :func:`short_answer`."""

    id = serializers.UUIDField()
    name1 = serializers.CharField(help_text="As sent; empty after erasure.")
    name2 = serializers.CharField(help_text="As sent; empty after erasure.")
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(help_text="Probability of the stated prediction.")
    profile = serializers.CharField()
    kind = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField(), help_text="Of the differences found.")
    model = ModelSerializer()
    cached = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PredictionPageSerializer(serializers.Serializer[Any]):
    """Answers, newest first."""

    results = PredictionSummarySerializer(many=True)
    next = serializers.UUIDField(allow_null=True, help_text=NEXT_CURSOR_HELP)


class ProfileComparisonSerializer(serializers.Serializer[Any]):
    """What one profile says about a pair."""

    profile = serializers.CharField()
    title = serializers.CharField()
    prediction = serializers.BooleanField(help_text="True: the difference is material.")
    verdict = serializers.ChoiceField(choices=VerdictChoice.values)
    confidence = serializers.FloatField(help_text="Probability of the stated prediction.")
    material_probability = serializers.FloatField()
    reason = serializers.CharField(help_text="One plain sentence.")
    missing_fact = serializers.CharField(allow_null=True, help_text="For review: what would settle it.")
    decided_by = serializers.CharField()
    differences = DifferenceSerializer(many=True)
    model = ModelSerializer()


class AllProfilesSerializer(serializers.Serializer[Any]):
    """One pair under every profile. Describes :func:`every_answer`."""

    kind = serializers.CharField()
    name1 = serializers.DictField(help_text="The first name as parsed.")
    name2 = serializers.DictField(help_text="The second name as parsed.")
    profiles = ProfileComparisonSerializer(many=True)
    rules_version = serializers.CharField()
    disclaimer = serializers.CharField()


class ProfileSerializer(serializers.Serializer[Any]):
    """One profile. Describes :func:`profile_rows`."""

    id = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    version = serializers.CharField()
    date = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    effects = serializers.DictField(child=serializers.CharField(), help_text="Category -> effect.")


class CategorySerializer(serializers.Serializer[Any]):
    """One category of difference. Describes :func:`category_rows`."""

    id = serializers.CharField()
    title = serializers.CharField()
    subject = serializers.CharField()
    explanation = serializers.CharField()
    missing_fact = serializers.CharField(allow_null=True)
    authority = serializers.CharField()
    example = serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)


class LiveModelSerializer(serializers.Serializer[Any]):
    """One version that is live. Describes :func:`model_rows`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    role = serializers.CharField(help_text="champion, challenger or shadow")
    profile = serializers.CharField(help_text="`*`: every profile without a version of its own.")


class ProfilesSerializer(serializers.Serializer[Any]):
    """All profiles under one version of the rules."""

    rules_version = serializers.CharField()
    results = ProfileSerializer(many=True)


class CategoriesSerializer(serializers.Serializer[Any]):
    """All categories under one version of the rules."""

    rules_version = serializers.CharField()
    results = CategorySerializer(many=True)


class ModelsSerializer(serializers.Serializer[Any]):
    """What answers now."""

    generation = serializers.IntegerField(help_text="Rises with every promotion and rollback.")
    results = LiveModelSerializer(many=True)


def serialize_prediction_summary(row: Prediction) -> dict[str, Any]:
    """Return one answer of a list; opens the two names and nothing else."""
    return {
        "id": str(row.pk),
        "name1": row.name1,
        "name2": row.name2,
        "prediction": row.prediction,
        "verdict": row.verdict,
        "confidence": float(row.confidence),
        "profile": row.profile,
        "kind": row.kind,
        "categories": list(dict.fromkeys(item["category"] for item in row.differences)),
        "model": {"name": row.model.name, "version": row.model.version},
        "cached": row.cached,
        "created_at": row.created_at.isoformat(),
    }


def serialize_all_profiles(found: dict[str, Comparison]) -> dict[str, Any]:
    """Return one pair under every profile; what does not depend on the profile once."""
    one = next(iter(found.values()))
    return {
        "kind": one.kind.value,
        "name1": dict(one.left),
        "name2": dict(one.right),
        "profiles": [_serialize_profile(item) for item in found.values()],
        "rules_version": RULES_VERSION,
        "disclaimer": DISCLAIMER,
    }


def _serialize_profile(found: Comparison) -> dict[str, Any]:
    return {
        "profile": found.profile.id,
        "title": found.profile.title,
        "prediction": found.prediction,
        "verdict": found.verdict.value,
        "confidence": round(found.confidence, 4),
        "material_probability": round(found.material_probability, 4),
        "reason": found.reason,
        "missing_fact": found.missing_fact,
        "decided_by": found.decided_by,
        "differences": [serialise_difference(item) for item in found.differences],
        "model": {"name": found.model, "version": found.model_version},
    }


def list_profiles() -> dict[str, Any]:
    """Return all profiles with what each category does under them."""
    keys = ("id", "title", "summary", "version", "date", "sources")
    rows = [
        {**{key: getattr(item, key) for key in keys}, "effects": _format_effects(item.effects.items())}
        for item in get_available_profiles().values()
    ]
    return {"rules_version": RULES_VERSION, "results": rows}


def list_categories() -> dict[str, Any]:
    """Return all categories of difference."""
    keys = ("id", "title", "subject", "explanation", "authority", "example")
    rows = [
        {**{key: getattr(item, key) for key in keys}, "missing_fact": item.missing}
        for item in load_categories().values()
    ]
    return {"rules_version": RULES_VERSION, "results": rows}


def list_live_models() -> dict[str, Any]:
    """Return every version that is live in this process. Raises ``NoLiveModelError``, ``ArtefactError``."""
    fleet = get_model_loader().get_live_models()
    rows = [
        {"id": str(it.id), "name": it.name, "version": it.version, "role": role, "profile": profile}
        for (profile, role), it in sorted(fleet.models_by_slot.items())
    ]
    return {"generation": fleet.generation, "results": rows}


def _format_effects(effects: Iterable[tuple[str, Any]]) -> dict[str, str]:
    return {category: effect.value for category, effect in effects}
