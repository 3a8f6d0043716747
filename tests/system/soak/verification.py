"""What came of the soak: everything acknowledged is there, right and once; every alert that was due came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from matching.engine import CompiledScorer, compare
from tests.system.soak.clients import Answer, Failure, Job, Pair

ERROR_MINUTES = 5
MIN_ERRORS = 5
CERTAIN_ERROR_SHARE = 0.10
"""Twice the share at which the alert is due: what clients saw and what processes counted differ a little."""


@dataclass(frozen=True)
class Findings:
    """Numbers of what must not be, and of what was checked."""

    answers: int
    lost: int
    doubled: int
    wrong: int
    jobs: int
    job_rows: int
    jobs_unfinished: int
    job_rows_wrong: int
    unclean: int
    refused: int


class Expectation:
    """The engine's own answers, each computed once."""

    def __init__(self, pairs: Sequence[Pair], scorers: Mapping[str, CompiledScorer]) -> None:
        self._pairs, self._scorers = pairs, scorers
        self._compare = cache(self._compute)

    def is_right(self, answer: Answer) -> bool:
        """Say whether an answer is what the engine says with the model that the answer names."""
        given = (answer.verdict, answer.prediction, answer.confidence)
        return given == self._compare(answer.pair, answer.version)

    def count_wrong_rows(self, job: Job) -> int:
        """Return how many rows of a finished job are missing, in another place, or not the engine's."""
        count = job.expected_rows - len(job.rows)
        for at, row in enumerate(job.rows):
            verdict, _, _ = self._compare(job.first + at, row.version)
            count += (row.id, row.verdict) != (str(at), verdict)
        return count

    def _compute(self, pair: int, version: str) -> tuple[str, bool, float | None]:
        """Return verdict, prediction and confidence."""
        found = compare(*self._pairs[pair], scorer=self._scorers[version])
        confidence = None if found.confidence is None else round(found.confidence, 4)
        return found.verdict.value, found.prediction, confidence


def judge(
    answers: Sequence[Answer],
    stored: Mapping[str, str],
    failures: Sequence[Failure],
    jobs: Sequence[Job],
    expectation: Expectation,
) -> Findings:
    """Compare what was acknowledged with what is stored and with what the engine answers."""
    finished = [job for job in jobs if job.status == "succeeded"]
    return Findings(
        answers=len(answers),
        lost=sum(stored.get(answer.id) != answer.verdict for answer in answers),
        doubled=len(stored) - len({answer.id for answer in answers} & set(stored)),
        wrong=sum(not expectation.is_right(answer) for answer in answers),
        jobs=len(jobs),
        job_rows=sum(len(job.rows) for job in finished),
        jobs_unfinished=len(jobs) - len(finished),
        job_rows_wrong=sum(expectation.count_wrong_rows(job) for job in finished),
        unclean=sum(failure.status >= 500 and not failure.is_clean for failure in failures),
        refused=sum(400 <= failure.status < 500 and failure.status != 409 for failure in failures),
    )


def needs_error_alert(answers: Sequence[Answer], failures: Sequence[Failure]) -> bool:
    """Say whether clients saw so many server errors, for two minutes in a row, that an alert was due."""
    good = Counter(int(answer.at // 60) for answer in answers)
    bad = Counter(int(failure.at // 60) for failure in failures if failure.status >= 500)
    minutes = range(min(good), max(good) + 1)
    due = [_has_certain_errors(good, bad, minute) for minute in minutes]
    return any(first and second for first, second in pairwise(due))


def _has_certain_errors(good: Counter[int], bad: Counter[int], minute: int) -> bool:
    window = range(minute - ERROR_MINUTES + 1, minute + 1)
    failed, passed = sum(bad[at] for at in window), sum(good[at] for at in window)
    return failed >= MIN_ERRORS and failed >= CERTAIN_ERROR_SHARE * (failed + passed)
