"""Rows that tests begin with."""

import json
from typing import Any

from django.utils import timezone

from accounts.encryption.crypto import DigestPurpose, compute_digest, sha256
from accounts.models import User
from accounts.privacy import erasure
from feedback.models import Guideline, ReviewItem
from matching.engine import FEATURE_NAMES, Kind, compute_schema_hash
from matching.models import Prediction
from matching.pair_digest import compute_pair_digest
from matching.serving.live_models import get_model_loader
from modelops.deployment import promotion
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Deployment, ModelArtefact, ModelVersion
from tests.people import person


def model_version(version: str = "1", content: bytes | None = None) -> ModelVersion:
    """A registered version: a small model that is never sure, or any bytes."""
    content = content if content is not None else compiled(version, 0.0)
    schema = compute_schema_hash()
    artefact, _ = ModelArtefact.objects.get_or_create(sha256=sha256(content), defaults={"content": content})
    return ModelVersion.objects.create(
        name="names",
        version=version,
        artefact=artefact,
        artefact_hmac=compute_digest(DigestPurpose.ARTEFACT, artefact.pk, "names", version, schema),
        schema_hash=schema,
    )


def stored_prediction(
    name1: str = "Acme Incorporated",
    name2: str = "Acme, Inc.",
    user: User | None = None,
    model: ModelVersion | None = None,
    **columns: Any,
) -> Prediction:
    """A prediction as the compare path would have stored it."""
    fields = {
        "prediction": False,
        "verdict": "immaterial",
        "confidence": None if columns.get("verdict") == "review" else 0.99,
        "material_probability": 0.01,
        "profile": "general",
        "kind": "organisation",
        "words": "{}",
        "rules_version": "test",
        "generation": 1,
        "latency_ms": 3,
        "pair_digest": compute_pair_digest(name1, name2),
    }
    return Prediction.objects.create(
        user=user or person(),
        model=model or ModelVersion.objects.first() or model_version(),
        name1=name1,
        name2=name2,
        **(fields | columns),
    )


def create_item(prediction: Prediction | None = None, **columns: Any) -> ReviewItem:
    """A review item that waits, of the prediction or of one made for it."""
    given = {"stream": "uncertain", "selection_probability": 1.0} | columns
    return ReviewItem.objects.create(prediction=prediction or stored_prediction(), **given)


def guideline(version: str = "1") -> Guideline:
    """A guideline in force, of one clause."""
    row = Guideline.objects.create(version=version, status="published", published_at=timezone.now())
    row.clauses.create(
        number="1.1", title="Same words", text="The same words are one name.", categories=["O06"]
    )
    return row


def erased(prediction: Prediction) -> Prediction:
    """The prediction after its names were erased."""
    erasure.run_erasure(erasure.request_prediction_erasure(prediction.pk, prediction.user, None, "asked for"))
    return Prediction.objects.get(pk=prediction.pk)


def compiled(version: str, log_odds: float) -> bytes:
    """A whole compiled model that finds every pair material with the same log-odds."""
    nothing = [0.0] * len(FEATURE_NAMES)
    ones = [1.0] * len(FEATURE_NAMES)
    model = {"form": "linear", "coefficients": nothing, "means": nothing, "scales": ones}
    artefact = {
        "format": 1,
        "name": "names",
        "version": version,
        "schema": compute_schema_hash(),
        "features": list(FEATURE_NAMES),
        "thresholds": {kind.value: {"immaterial_below": 0.2, "material_above": 0.8} for kind in Kind},
        "calibration": {"method": "sigmoid", "slope": 1.0, "intercept": 0.0},
        "model": {**model, "intercept": log_odds},
    }
    return json.dumps(artefact).encode()


def version_in(content: bytes) -> str:
    """What a compiled model calls itself: a scorer for tests that do not score."""
    return str(json.loads(content)["version"])


def scoring_version(version: str, log_odds: float = 0.0) -> ModelVersion:
    """A registered version that can serve."""
    content, schema = compiled(version, log_odds), compute_schema_hash()
    return register_version(VersionRegistration("names", version, content, schema), None)


def installed(log_odds: float = 0.0) -> Deployment:
    """An installation whose first champion is live."""
    deployment = promotion.deploy_first(scoring_version("1", log_odds))
    assert deployment is not None
    get_model_loader.cache_clear()
    return deployment


def promoted(version: ModelVersion, role: str = "champion", profile: str = "*") -> Deployment:
    """The version after two people made it live, known to this process."""
    request = promotion.request_promotion(version, profile, role, "better", person())
    deployment = promotion.approve_promotion(request, person(), "a model of a test")
    get_model_loader().refresh()
    return deployment
