"""The comparison engine: is the difference between two legal names material?

Pure: no Django, no database, no network. ``from matching.engine import compare`` is all a library user needs.
"""

from matching.engine.comparison import (
    Comparison,
    Score,
    Told,
    compare,
    compare_profiles,
    features_of,
    score_many,
    sight_of,
    tell_many,
)
from matching.engine.explanation import DISCLAIMER
from matching.engine.features import FEATURE_NAMES, MONOTONE, feature_schema_hash
from matching.engine.profiles import (
    PROFILE_IDS,
    REGISTRY_IDS,
    Category,
    Profile,
    categories,
    profiles,
    registry_profiles,
    rules_version,
)
from matching.engine.scorer import CompiledScorer, default_scorer, load_scorer
from matching.engine.types import (
    MAX_NAME_LENGTH,
    ArtefactError,
    Context,
    Difference,
    Effect,
    EmptyNameError,
    EngineError,
    Kind,
    NameTooLongError,
    Scorer,
    Sight,
    Thresholds,
    UnknownKindError,
    UnknownProfileError,
    Verdict,
)

RULES_VERSION = rules_version()

__all__ = [
    "DISCLAIMER",
    "FEATURE_NAMES",
    "MAX_NAME_LENGTH",
    "MONOTONE",
    "PROFILE_IDS",
    "REGISTRY_IDS",
    "RULES_VERSION",
    "ArtefactError",
    "Category",
    "Comparison",
    "CompiledScorer",
    "Context",
    "Difference",
    "Effect",
    "EmptyNameError",
    "EngineError",
    "Kind",
    "NameTooLongError",
    "Profile",
    "Score",
    "Scorer",
    "Sight",
    "Thresholds",
    "Told",
    "UnknownKindError",
    "UnknownProfileError",
    "Verdict",
    "categories",
    "compare",
    "compare_profiles",
    "default_scorer",
    "feature_schema_hash",
    "features_of",
    "load_scorer",
    "profiles",
    "registry_profiles",
    "score_many",
    "sight_of",
    "tell_many",
]
