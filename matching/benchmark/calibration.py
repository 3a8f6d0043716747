"""Calibration: whether stated probabilities are right as often as they say, by profile and kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matching.benchmark.practitioner import compare_practitioner_pairs
from matching.engine import PROFILE_IDS, Kind, Score
from matching.training.dataset import score_pairs
from matching.training.error_rates import IDENTITY_PROFILES
from matching.training.practitioner import is_calibration_pair
from matching.training.synthetic import LabelledPair
from modelops.training.evaluation import chance_calibration_error, expected_calibration_error


class _Stated(NamedTuple):
    """Stated probabilities beside what happened (1 or 0)."""

    happened: Sequence[float]
    probabilities: Sequence[float]

    def __str__(self) -> str:
        """Return the cells of the table, in the order of :data:`_HEADER`."""
        n = len(self.probabilities)
        if not n:
            return "0 | - | - | - | -"
        error = expected_calibration_error(self.happened, self.probabilities)
        chance = chance_calibration_error(self.probabilities)
        stated, observed = sum(self.probabilities) / n, sum(self.happened) / n
        return f"{n:,} | {stated:.4f} | {observed:.4f} | {error:.4f} | {chance:.4f}"


_HEADER = "| | n | stated | observed | calibration error | of a perfect model by chance, at most |"


def report_calibration(held_out: Sequence[LabelledPair]) -> Iterator[str]:
    """Yield the lines of the report; ``held_out`` are labelled pairs of entities never trained on."""
    yield "## Calibration\n"
    yield "Expected calibration error over 15 bins of equal count. The last column is what a perfectly"
    yield "calibrated model exceeds once in a hundred by the luck of so few rows.\n"
    yield f"### Probability of *material*, held-out entities ({len(held_out):,} pairs)\n"
    yield "Profiles that ask whether two names mean one person, which is what the labels say.\n"
    yield _HEADER
    yield "|---|---|---|---|---|---|"
    for profile in IDENTITY_PROFILES if held_out else ():
        scored = _score(held_out, profile)
        yield f"| {profile} | {_state_material(scored)} |"
        for kind in Kind:
            of_kind = [item for item in scored if item[0].kind == kind.value]
            yield f"| {profile}, {kind.value} | {_state_material(of_kind)} |"
    yield "\n### Confidence of decided answers, hand-written pairs\n"
    yield "The half of the rows that error rates are not measured on, but seen while the rules were written;"
    yield "right means accepted under the profile.\n"
    yield _HEADER
    yield "|---|---|---|---|---|---|"
    answers = [
        (row, found)
        for row, found in compare_practitioner_pairs()
        if found.confidence is not None and not is_calibration_pair(row)
    ]
    for profile in ("all", *PROFILE_IDS):
        chosen = [(row, found) for row, found in answers if profile in ("all", row.profile)]
        right = [float(found.verdict in row.accepted) for row, found in chosen]
        yield f"| {profile} | {_Stated(right, [found.confidence or 0.0 for _, found in chosen])} |"
    yield ""


def _score(pairs: Sequence[LabelledPair], profile: str) -> list[tuple[LabelledPair, Score]]:
    scores = zip(pairs, score_pairs(pairs, profile), strict=True)
    return [(pair, score) for pair, score in scores if isinstance(score, Score)]


def _state_material(scored: Sequence[tuple[LabelledPair, Score]]) -> _Stated:
    return _Stated(
        [float(pair.material) for pair, _ in scored], [score.material_probability for _, score in scored]
    )
