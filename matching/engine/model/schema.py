"""The feature row of a pair: one fixed, named, versioned list for every model."""

from __future__ import annotations

import hashlib
import json

from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.organisation.features import ORGANISATION_FEATURES, compute_organisation_features
from matching.engine.person.compare import PERSON_FEATURES, PERSON_MONOTONE, PersonComparison

FEATURE_VERSION = 3
"""Raised when the meaning of a feature changes under the same name."""

FEATURE_NAMES: tuple[str, ...] = (
    "individual",
    *[f"o_{name}" for name in ORGANISATION_FEATURES],
    *[f"p_{name}" for name in PERSON_FEATURES],
)
"""Names of the features, in row order: ``o_`` organisations, ``p_`` people; the other block is zero."""

MONOTONE_CONSTRAINTS: tuple[int, ...] = (
    0,
    *[direction for direction, _ in ORGANISATION_FEATURES.values()],
    *[PERSON_MONOTONE.get(name, 0) for name in PERSON_FEATURES],
)
"""Direction of each feature: +1 more means more material, -1 less, 0 free."""

_ZERO_ORGANISATION_ROW = (0.0,) * len(ORGANISATION_FEATURES)
_ORGANISATION_INDEX = {name: index for index, name in enumerate(ORGANISATION_FEATURES, start=1)}


def compute_schema_hash() -> str:
    """SHA-256 over names, directions and version: a model fits an engine only under the same hash."""
    schema = {"version": FEATURE_VERSION, "names": FEATURE_NAMES, "monotone": MONOTONE_CONSTRAINTS}
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def build_feature_row(account: OrganisationComparison | PersonComparison) -> tuple[float, ...]:
    """The feature row of a compared pair."""
    if isinstance(account, OrganisationComparison):
        row = [0.0] * len(FEATURE_NAMES)
        for name, value in compute_organisation_features(account).items():
            row[_ORGANISATION_INDEX[name]] = value
        return tuple(row)
    return (1.0, *_ZERO_ORGANISATION_ROW, *account.features.values())
