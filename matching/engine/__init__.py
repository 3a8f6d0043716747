"""The comparison engine: is the difference between two legal names material?

Pure: no Django, no database, no network. ``from matching.engine import compare`` is all a library user needs.
"""

# isort: off
from matching.engine.execution import EXECUTION  # before the others, whose files it chooses
# isort: on

from matching.engine.batch import score_many, score_many_with_reasons
from matching.engine.comparison import compare, compare_profiles, extract_features, extract_pair_features
from matching.engine.explanation import DISCLAIMER
from matching.engine.model.schema import FEATURE_NAMES, MONOTONE_CONSTRAINTS, compute_schema_hash
from matching.engine.model.scorer import CompiledScorer, load_default_scorer, load_scorer
from matching.engine.profiles import (
    PROFILE_IDS,
    REGISTRY_PROFILE_IDS,
    Category,
    Profile,
    compute_rules_version,
    load_categories,
    load_profiles,
    load_registry_profiles,
)
from matching.engine.results import Comparison, Score, ScoreWithReason
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
    PairFeatures,
    Scorer,
    Thresholds,
    UnknownKindError,
    UnknownProfileError,
    Verdict,
)

RULES_VERSION = compute_rules_version()

__all__ = [
    "DISCLAIMER",
    "EXECUTION",
    "FEATURE_NAMES",
    "MAX_NAME_LENGTH",
    "MONOTONE_CONSTRAINTS",
    "PROFILE_IDS",
    "REGISTRY_PROFILE_IDS",
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
    "PairFeatures",
    "Profile",
    "Score",
    "ScoreWithReason",
    "Scorer",
    "Thresholds",
    "UnknownKindError",
    "UnknownProfileError",
    "Verdict",
    "compare",
    "compare_profiles",
    "compute_schema_hash",
    "extract_features",
    "extract_pair_features",
    "load_categories",
    "load_default_scorer",
    "load_profiles",
    "load_registry_profiles",
    "load_scorer",
    "score_many",
    "score_many_with_reasons",
]
