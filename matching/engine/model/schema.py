"""The feature row of a pair: one fixed, named, versioned list for every model."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.organisation.features import ORGANISATION_FEATURES, compute_organisation_features
from matching.engine.person.compare import PERSON_FEATURES, PERSON_MONOTONE, PersonComparison

FEATURE_VERSION: Final = 3
"""Version of the meaning of the features; it rises when a meaning changes under the same name."""

FEATURE_NAMES: Final[tuple[str, ...]] = (
    "individual",
    *[f"o_{name}" for name in ORGANISATION_FEATURES],
    *[f"p_{name}" for name in PERSON_FEATURES],
)
"""Names of the features, in row order: ``o_`` organisations, ``p_`` people; the other block is zero."""

MONOTONE_CONSTRAINTS: Final[tuple[int, ...]] = (
    0,
    *[direction for direction, _ in ORGANISATION_FEATURES.values()],
    *[PERSON_MONOTONE.get(name, 0) for name in PERSON_FEATURES],
)
"""Direction of each feature: +1 more is more material, -1 more is less material, 0 unconstrained."""

_ORGANISATION_INDEX: Final = {name: FEATURE_NAMES.index(f"o_{name}") for name in ORGANISATION_FEATURES}
_NO_ORGANISATION = (0.0,) * len(ORGANISATION_FEATURES)
"""The block of organisations in a row of people, whose features are kept in the order of the row."""


def compute_schema_hash() -> str:
    """Return the SHA-256 over names, directions and version: a model fits an engine only under one hash."""
    schema = {"version": FEATURE_VERSION, "names": FEATURE_NAMES, "monotone": MONOTONE_CONSTRAINTS}
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def build_feature_row(comparison: OrganisationComparison | PersonComparison) -> tuple[float, ...]:
    """Return the feature row of a compared pair, filled by name. Raises ``KeyError`` for an unknown name."""
    if isinstance(comparison, PersonComparison):
        return (1.0, *_NO_ORGANISATION, *map(float, comparison.features.values()))
    row = [0.0] * len(FEATURE_NAMES)
    for name, value in compute_organisation_features(comparison).items():
        row[_ORGANISATION_INDEX[name]] = value
    return tuple(row)
