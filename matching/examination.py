"""How a version is examined before anybody makes it live: what :mod:`modelops.examining.gates`
cannot know, because it takes names.

``settings.MODEL_EXAMINER`` names this module; :mod:`modelops` calls it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import golden
from matching.assessment import scripts_of
from matching.corpus import LabelledPair, generate
from matching.dataset import Probe, dataset, score_pairs, tag_of
from matching.engine import PROFILE_IDS, Kind, Score, Scorer, Verdict, compute_schema_hash
from matching.engine.scorer import load_scorer
from modelops.examining import gates
from modelops.examining.exam import Exam, Pupil
from modelops.examining.gates import AMBER, GREEN, RED, Gate, Sat

MOST = 20_000
"""Rows of an exam, at most; more would say little more and take longer to sit."""
_CONSTRUCTED = 2_000
_CONSTRUCTED_SEED = 21
"""Another seed than training's: other pairs of the same shapes."""


def schema() -> str:
    """Return the hash of the features this program computes."""
    return compute_schema_hash()


def build(content: bytes) -> Scorer:
    """Turn an artefact into a scorer that has answered every golden pair.

    Raises ``ArtefactError`` if it does not fit.
    """
    scorer = load_scorer(content)
    golden.answered(scorer)
    return scorer


def check(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Refuse a model that answers otherwise than it did when it was registered, by ``ArtefactError``."""
    golden.check(recorded, scorer)


def recorded(scorer: Scorer) -> dict[str, Any]:
    """Return what is kept of a version's answers when it is registered."""
    return golden.kept(scorer)


def examine(mine: Scorer, theirs: Scorer | None, exam: Exam | None) -> list[Gate]:
    """Return every finding about a version beside the champion; without an exam both sit a made one."""
    sat = exam if exam is not None and len(exam) else constructed()
    result, before = _sat(sat, mine), _sat(sat, theirs) if theirs else None
    row = sat.features[0].tolist()
    return [
        golden_gate(mine),
        gates.slices(sat, result, before),
        gates.promise(sat, result),
        gates.calibration(sat, result, before),
        gates.latency(
            lambda: mine.predict_probability(row),
            (lambda: theirs.predict_probability(row)) if theirs else None,
        ),
        _exam_gate(sat, own=sat is exam),
    ]


def golden_gate(scorer: Scorer) -> Gate:
    """Every golden pair must be answered rightly."""
    broken = [row for row in golden.answered(scorer) if not row.holds]
    rows = [_broken(row) for row in broken]
    names = ", ".join(row.case.id for row in broken)
    said = (
        f"{len(broken)} of {len(golden.cases())} broken: {names}."
        if broken
        else f"All {len(golden.cases())} hold."
    )
    return Gate("golden", "Golden pairs", RED if broken else GREEN, said, rows=rows)


def exam_of(pairs: Sequence[LabelledPair], profiles: Sequence[str] = PROFILE_IDS) -> Exam:
    """Make the exam of held-out pairs: numbers and marks, no name."""
    data = dataset(pairs[:MOST], lambda _: None)
    answers = {profile: score_pairs(data.pairs, profile, Probe()) for profile in profiles}
    open_ = {profile: _flags(found, _is_open) for profile, found in answers.items()}
    free = {profile: _flags(found, _is_free) for profile, found in answers.items()}
    kept = np.flatnonzero(np.any(list(open_.values()), axis=0))
    general = answers["general"]
    slices = {
        "kind": data.kinds,
        "script": np.array([scripts_of(pair) for pair in data.pairs], dtype=np.str_),
        "difference": np.array([_categories(score) for score in general], dtype=np.str_),
        "tag": np.array([tag_of(pair) for pair in data.pairs], dtype=np.str_),
    }
    return Exam(
        data.features[kept],
        np.array([pair.material for pair in data.pairs], dtype=bool)[kept],
        {name: column[kept] for name, column in slices.items()},
        {profile: marks[kept] for profile, marks in open_.items()},
        {profile: marks[kept] for profile, marks in free.items()},
    )


@lru_cache(maxsize=1)
def constructed() -> Exam:
    """Return an exam made by construction, for versions that came without one of their own."""
    return exam_of(list(generate(_CONSTRUCTED_SEED, _CONSTRUCTED)), ("general",))


def _sat(exam: Exam, scorer: Scorer) -> Sat:
    pupil: Pupil = scorer
    return Sat(exam.sat_by(pupil), {kind.value: scorer.get_thresholds(kind) for kind in Kind})


def _exam_gate(exam: Exam, own: bool) -> Gate:
    if own:
        return Gate("exam", "Exam", GREEN, f"{len(exam):,} held-out rows kept with the version.")
    said = f"The version came without held-out rows: it sat {len(exam):,} constructed ones."
    return Gate("exam", "Exam", AMBER, said)


def _broken(row: golden.Answered) -> dict[str, Any]:
    case = row.case
    return {
        "case": case.id,
        "pair": f"{case.left} | {case.right}",
        "profile": case.profile,
        "right": ", ".join(case.verdicts),
        "said": f"{row.verdict} ({row.probability:.3f})",
        "why": case.why,
    }


def _flags(answers: Sequence[Score | ValueError], mark: Any) -> NDArray[np.bool_]:
    return np.array([isinstance(found, Score) and mark(found) for found in answers], dtype=bool)


def _is_open(answer: Score) -> bool:
    return answer.material_probability == 0.5


def _is_free(answer: Score) -> bool:
    return _is_open(answer) and answer.verdict is Verdict.IMMATERIAL


def _categories(answer: Score | ValueError) -> str:
    return "+".join(sorted(set(answer.categories))) if isinstance(answer, Score) else "unread"
