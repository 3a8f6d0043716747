"""Validation of a model version before promotion: the part that needs names.

:mod:`modelops.validation.gates` holds the part that does not. ``settings.MODEL_VALIDATOR`` names this module,
through which :mod:`modelops` calls it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from matching.engine import PROFILE_IDS, Kind, Scorer, compute_schema_hash
from matching.engine.model.scorer import load_scorer
from matching.engine.types import Finding
from matching.training import golden
from matching.training.dataset import build_dataset, get_safe_tag
from matching.training.evaluation import get_script_label
from matching.training.synthetic import LabelledPair, generate_pairs
from modelops.sentences import GateSentence
from modelops.validation import gates
from modelops.validation.gates import AMBER, GREEN, RED, GateResult, ValidationScores
from modelops.validation.paired_comparison import compare_on_same_rows
from modelops.validation.validation_set import BatchScorer, ValidationSet
from modelops.validation.validator import Examination

MAX_VALIDATION_ROWS = 20_000
"""Most rows of a validation set; more rows add time and little information."""
_SYNTHETIC_PAIRS = 2_000
_SYNTHETIC_SEED = 21
"""Another seed than that of training: other pairs from the same recipes."""


def get_schema_hash() -> str:
    """Return the hash of the feature schema of this program."""
    return compute_schema_hash()


def build_scorer(content: bytes) -> Scorer:
    """Load an artefact as a scorer and run it on every golden pair.

    Raises ``ArtefactError`` if the artefact does not fit this program.
    """
    scorer = load_scorer(content)
    golden.compare_golden_pairs(scorer)
    return scorer


def read_model_code() -> str:
    """Return the source of :mod:`matching.training.pyfunc_model`, which MLflow stores beside a model."""
    return files("matching.training").joinpath("pyfunc_model.py").read_text(encoding="utf-8")


def check_answers(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Raise ``ArtefactError`` for a model whose golden probabilities differ from those at registration."""
    golden.check_golden_answers(recorded, scorer)


def record_answers(scorer: Scorer) -> dict[str, Any]:
    """Return the golden probabilities that are stored with a version at registration."""
    return golden.record_golden_answers(scorer)


def examine(mine: Scorer, theirs: Scorer | None, own_rows: ValidationSet | None) -> Examination:
    """Examine a version (``mine``) beside the champion (``theirs``) on the same rows: gates and measures.

    Without a validation set (``own_rows``) of its own, a synthetic one is used.
    """
    rows = own_rows if own_rows is not None and len(own_rows) else build_synthetic_set()
    result = _score_validation_set(rows, mine)
    before = _score_validation_set(rows, theirs) if theirs else None
    row = rows.features[0].tolist()
    results = [
        check_golden_pairs(mine),
        gates.check_slices(rows, result, before),
        gates.check_missed_material(rows, result),
        gates.check_calibration(rows, result, before),
        gates.check_latency(
            lambda: mine.predict_probability(row),
            (lambda: theirs.predict_probability(row)) if theirs else None,
        ),
        _check_row_origin(rows, is_own=rows is own_rows),
    ]
    return Examination(results, compare_on_same_rows(rows, result, before), len(rows), rows is own_rows)


def check_golden_pairs(scorer: Scorer) -> GateResult:
    """Check that every golden pair gets an accepted verdict; otherwise the gate is red."""
    broken = [result for result in golden.compare_golden_pairs(scorer) if not result.is_correct]
    rows = [_format_broken_pair(result) for result in broken]
    names = ", ".join(result.pair.id for result in broken)
    sentence = GateSentence.GOLDEN_BROKEN if broken else GateSentence.GOLDEN_HOLD
    summary = sentence.format(broken=len(broken), all=len(golden.load_golden_pairs()), pairs=names)
    return GateResult("golden", "Golden pairs", RED if broken else GREEN, summary, rows=rows)


def build_validation_set(
    pairs: Sequence[LabelledPair], profiles: Sequence[str] = PROFILE_IDS
) -> ValidationSet:
    """Build the validation set of held-out pairs: features and flags, without names.

    It keeps the pairs whose probability comes from the model under at least one profile.
    """
    data = build_dataset(pairs[:MAX_VALIDATION_ROWS], lambda _: None)
    flags = {profile: data.flags[profile] for profile in profiles}
    kept = np.flatnonzero(np.any([found.needs_model for found in flags.values()], axis=0))
    slices = {
        "kind": data.kinds,
        "script": np.array([get_script_label(pair) for pair in data.pairs], dtype=np.str_),
        "difference": np.array([_join_categories(found) for found in data.findings], dtype=np.str_),
        "tag": np.array([get_safe_tag(pair) for pair in data.pairs], dtype=np.str_),
    }
    return ValidationSet(
        data.features[kept],
        np.array([pair.material for pair in data.pairs], dtype=bool)[kept],
        {name: column[kept] for name, column in slices.items()},
        {profile: found.needs_model[kept] for profile, found in flags.items()},
        {profile: found.may_be_immaterial[kept] for profile, found in flags.items()},
    )


@lru_cache(maxsize=1)
def build_synthetic_set() -> ValidationSet:
    """Build a validation set of generated pairs, for versions without one of their own."""
    return build_validation_set(list(generate_pairs(_SYNTHETIC_SEED, _SYNTHETIC_PAIRS)), ("general",))


def _score_validation_set(validation_set: ValidationSet, scorer: Scorer) -> ValidationScores:
    batch_scorer: BatchScorer = scorer
    return ValidationScores(
        validation_set.score_with(batch_scorer), {kind.value: scorer.get_thresholds(kind) for kind in Kind}
    )


def _check_row_origin(validation_set: ValidationSet, is_own: bool) -> GateResult:
    if is_own:
        return GateResult(
            "validation_set",
            "Validation set",
            GREEN,
            GateSentence.OWN_ROWS.format(n=len(validation_set)),
        )
    summary = GateSentence.GENERATED_ROWS.format(n=len(validation_set))
    return GateResult("validation_set", "Validation set", AMBER, summary)


def _format_broken_pair(result: golden.GoldenResult) -> dict[str, Any]:
    pair = result.pair
    return {
        "case": pair.id,
        "pair": f"{pair.left} | {pair.right}",
        "profile": pair.profile,
        "expected": ", ".join(pair.accepted_verdicts),
        "result": f"{result.verdict} ({result.probability:.3f})",
        "reason": pair.reason,
    }


def _join_categories(findings: Sequence[Finding]) -> str:
    return "+".join(sorted({finding.category for finding in findings}))
