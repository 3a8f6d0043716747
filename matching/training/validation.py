"""How a version is examined before anybody makes it live: what :mod:`modelops.validation.gates`
cannot know, because it takes names.

``settings.MODEL_VALIDATOR`` names this module; :mod:`modelops` imports it by that name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine import PROFILE_IDS, Kind, Score, Scorer, Verdict, compute_schema_hash
from matching.engine.model.scorer import load_scorer
from matching.training import golden
from matching.training.dataset import NeutralScorer, build_dataset, get_safe_tag, score_pairs
from matching.training.evaluation import get_script_label
from matching.training.synthetic import LabelledPair, generate_pairs
from modelops.validation import gates
from modelops.validation.gates import AMBER, GREEN, RED, GateResult, ValidationScores
from modelops.validation.validation_set import BatchScorer, ValidationSet

MAX_VALIDATION_ROWS = 20_000
"""Rows of an exam, at most; more would say little more and take longer to sit."""
_SYNTHETIC_PAIRS = 2_000
_SYNTHETIC_SEED = 21
"""Another seed than training's: other pairs of the same shapes."""


def get_schema_hash() -> str:
    """Return the hash of the features this program computes."""
    return compute_schema_hash()


def build_scorer(content: bytes) -> Scorer:
    """Turn an artefact into a scorer that has answered every golden pair.

    Raises ``ArtefactError`` if it does not fit.
    """
    scorer = load_scorer(content)
    golden.compare_golden_pairs(scorer)
    return scorer


def check_answers(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Refuse a model that answers otherwise than it did when it was registered, by ``ArtefactError``."""
    golden.check_golden_answers(recorded, scorer)


def record_answers(scorer: Scorer) -> dict[str, Any]:
    """Return what is kept of a version's answers when it is registered."""
    return golden.record_golden_answers(scorer)


def run_gates(mine: Scorer, theirs: Scorer | None, exam: ValidationSet | None) -> list[GateResult]:
    """Return every finding about a version beside the champion; without an exam both sit a made one."""
    sat = exam if exam is not None and len(exam) else build_synthetic_set()
    result, before = _score_validation_set(sat, mine), _score_validation_set(sat, theirs) if theirs else None
    row = sat.features[0].tolist()
    return [
        check_golden_pairs(mine),
        gates.check_slices(sat, result, before),
        gates.check_missed_material(sat, result),
        gates.check_calibration(sat, result, before),
        gates.check_latency(
            lambda: mine.predict_probability(row),
            (lambda: theirs.predict_probability(row)) if theirs else None,
        ),
        _check_row_origin(sat, own=sat is exam),
    ]


def check_golden_pairs(scorer: Scorer) -> GateResult:
    """Every golden pair must be answered rightly."""
    broken = [row for row in golden.compare_golden_pairs(scorer) if not row.is_correct]
    rows = [_format_broken_pair(row) for row in broken]
    names = ", ".join(row.pair.id for row in broken)
    said = (
        f"{len(broken)} of {len(golden.load_golden_pairs())} broken: {names}."
        if broken
        else f"All {len(golden.load_golden_pairs())} hold."
    )
    return GateResult("golden", "Golden pairs", RED if broken else GREEN, said, rows=rows)


def build_validation_set(
    pairs: Sequence[LabelledPair], profiles: Sequence[str] = PROFILE_IDS
) -> ValidationSet:
    """Make the exam of held-out pairs: numbers and marks, no name."""
    data = build_dataset(pairs[:MAX_VALIDATION_ROWS], lambda _: None)
    answers = {profile: score_pairs(data.pairs, profile, NeutralScorer()) for profile in profiles}
    open_ = {profile: _flag_scores(found, _needs_model) for profile, found in answers.items()}
    free = {profile: _flag_scores(found, _may_be_immaterial) for profile, found in answers.items()}
    kept = np.flatnonzero(np.any(list(open_.values()), axis=0))
    general = answers["general"]
    slices = {
        "kind": data.kinds,
        "script": np.array([get_script_label(pair) for pair in data.pairs], dtype=np.str_),
        "difference": np.array([_join_categories(score) for score in general], dtype=np.str_),
        "tag": np.array([get_safe_tag(pair) for pair in data.pairs], dtype=np.str_),
    }
    return ValidationSet(
        data.features[kept],
        np.array([pair.material for pair in data.pairs], dtype=bool)[kept],
        {name: column[kept] for name, column in slices.items()},
        {profile: marks[kept] for profile, marks in open_.items()},
        {profile: marks[kept] for profile, marks in free.items()},
    )


@lru_cache(maxsize=1)
def build_synthetic_set() -> ValidationSet:
    """Return an exam made by construction, for versions that came without one of their own."""
    return build_validation_set(list(generate_pairs(_SYNTHETIC_SEED, _SYNTHETIC_PAIRS)), ("general",))


def _score_validation_set(exam: ValidationSet, scorer: Scorer) -> ValidationScores:
    pupil: BatchScorer = scorer
    return ValidationScores(
        exam.score_with(pupil), {kind.value: scorer.get_thresholds(kind) for kind in Kind}
    )


def _check_row_origin(exam: ValidationSet, own: bool) -> GateResult:
    if own:
        return GateResult("exam", "Exam", GREEN, f"{len(exam):,} held-out rows kept with the version.")
    said = f"The version came without held-out rows: it sat {len(exam):,} constructed ones."
    return GateResult("exam", "Exam", AMBER, said)


def _format_broken_pair(row: golden.GoldenResult) -> dict[str, Any]:
    case = row.pair
    return {
        "case": case.id,
        "pair": f"{case.left} | {case.right}",
        "profile": case.profile,
        "right": ", ".join(case.accepted_verdicts),
        "said": f"{row.verdict} ({row.probability:.3f})",
        "why": case.reason,
    }


def _flag_scores(answers: Sequence[Score | ValueError], mark: Any) -> NDArray[np.bool_]:
    return np.array([isinstance(found, Score) and mark(found) for found in answers], dtype=bool)


def _needs_model(answer: Score) -> bool:
    return answer.material_probability == 0.5


def _may_be_immaterial(answer: Score) -> bool:
    return _needs_model(answer) and answer.verdict is Verdict.IMMATERIAL


def _join_categories(answer: Score | ValueError) -> str:
    return "+".join(sorted(set(answer.categories))) if isinstance(answer, Score) else "unread"
