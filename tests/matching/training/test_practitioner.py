"""The hand-written pairs: how good the answers have to be, and that every row can be compared."""

from collections import Counter

import pytest

from matching.engine import PROFILE_IDS, Verdict, compare
from matching.training.practitioner import OUTCOMES, RIGHT, load_practitioner_pairs


def test_every_row_names_a_profile_and_accepts_a_verdict() -> None:
    rows = load_practitioner_pairs()
    assert len(rows) == 1_477
    assert {row.profile for row in rows} <= set(PROFILE_IDS)
    assert all(row.accepted for row in rows)


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.IMMATERIAL, "dangerous"),
        (Verdict.REVIEW, "needless review"),
        (Verdict.MATERIAL, "needlessly material"),
    ],
)
def test_an_outcome_says_what_kind_of_error_it_is(verdict: Verdict, outcome: str) -> None:
    row = load_practitioner_pairs()[0]
    others = frozenset(Verdict) - {verdict}
    assert row._replace(accepted=others).classify(verdict) == outcome
    assert row._replace(accepted=frozenset({verdict})).classify(verdict) == RIGHT
    assert outcome in OUTCOMES


def test_the_answers_are_as_good_as_was_promised() -> None:
    outcomes: Counter[str] = Counter()
    for row in load_practitioner_pairs():
        outcomes[row.classify(compare(row.left, row.right, row.profile, row.kind).verdict)] += 1
    assert outcomes[RIGHT] / outcomes.total() >= 0.97
    assert outcomes["dangerous"] / outcomes.total() <= 0.006
