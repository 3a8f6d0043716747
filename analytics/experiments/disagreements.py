"""Which version is right where both scored the same traffic and disagree: settled by blind review.

Two versions disagree where one says material and the other immaterial; the side to which a review leans is
its answer. Exactly one of them is then right. Predictions count whichever version answered; objections of
clients do not select them, because they come more often where the answer is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from accounts.ids import build_min_uuid7
from analytics.experiments.user_table import SETTLING
from experiments.models import Experiment, ExperimentPhase
from experiments.significance import E_VALUE_THRESHOLD, e_value
from feedback.models import Feedback
from matching.models import ReviewStream, ShadowScore, VerdictChoice
from modelops.models import EVERY_PROFILE

_SAMPLED = (ReviewStream.AUDIT, ReviewStream.UNCERTAIN, ReviewStream.DISAGREEMENT)
_PACE_WINDOW = timedelta(days=7)
_SHADOW_SAYS_MATERIAL = Case(
    When(Q(verdict=VerdictChoice.MATERIAL), then=Value(True)),
    When(Q(verdict=VerdictChoice.REVIEW, material_probability__gte=0.5), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)
SEGMENTS = ("profile", "kind", "script")


@dataclass(frozen=True)
class ReviewedDisagreement:
    """A disagreement that reviewers settled, in the order of their decisions."""

    b_is_right: bool
    settled_at: datetime
    profile: str
    kind: str
    script: str


@dataclass(frozen=True)
class Disagreements:
    """The evidence on accuracy in one phase."""

    reviewed: list[ReviewedDisagreement]
    found: int
    """Disagreements on sampled or unsampled predictions, reviewed or not."""
    scored: int
    """Predictions that both versions scored."""

    @property
    def wins(self) -> int:
        """Reviewed disagreements in which B is right."""
        return sum(row.b_is_right for row in self.reviewed)

    @property
    def e_value(self) -> float:
        """Evidence against "both are right equally often"; 20 decides."""
        return e_value(self.wins, len(self.reviewed))

    @property
    def is_decided(self) -> bool:
        """Whether the evidence was conclusive after any of the reviews so far."""
        return self.deciding_review is not None

    @property
    def deciding_review(self) -> int | None:
        """Number of the review that decided, from 1; later reviews do not undo it."""
        wins = 0
        for number, row in enumerate(self.reviewed, start=1):
            wins += row.b_is_right
            if e_value(wins, number) >= E_VALUE_THRESHOLD:
                return number
        return None

    def list_daily_e_values(self, days: list[date]) -> list[float]:
        """Return the e-value at the end of each day."""
        settled = [(row.settled_at.date(), row.b_is_right) for row in self.reviewed]
        values = []
        for day in days:
            seen = [right for at, right in settled if at <= day]
            values.append(e_value(sum(seen), len(seen)))
        return values

    def count_by_segment(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Return wins of B and reviewed disagreements by segment and value; exploratory."""
        return {
            name: _count_wins((getattr(row, name), row.b_is_right) for row in self.reviewed)
            for name in SEGMENTS
        }


def read_disagreements(experiment: Experiment, phase: ExperimentPhase) -> Disagreements:
    """Read the scores and decisions on the traffic of one phase."""
    scores = select_paired_scores(experiment.model_a_id, experiment.model_b_id, experiment.profile)
    scores = scores.filter(prediction_id__gte=build_min_uuid7(phase.started_at + SETTLING))
    if phase.ended_at:
        scores = scores.filter(prediction_id__lt=build_min_uuid7(phase.ended_at))
    differing = select_disagreeing(scores)
    return Disagreements(_read_reviewed(experiment, differing), differing.count(), scores.count())


def select_paired_scores(model_a: object, model_b: object, profile: str) -> QuerySet[ShadowScore]:
    """Return the scores of one version on predictions of the other."""
    pairs = Q(model_id=model_b, prediction__model_id=model_a) | Q(
        model_id=model_a, prediction__model_id=model_b
    )
    rows = ShadowScore.objects.filter(pairs, prediction__erased_at=None).order_by()
    return rows if profile == EVERY_PROFILE else rows.filter(prediction__profile=profile)


def select_disagreeing(scores: QuerySet[ShadowScore]) -> QuerySet[ShadowScore]:
    """Return the scores on the other side of material than the prediction."""
    return scores.annotate(says_material=_SHADOW_SAYS_MATERIAL).exclude(
        says_material=F("prediction__prediction")
    )


def count_daily_disagreements(model_a: object, model_b: object, profile: str) -> float | None:
    """Return the disagreements of a day at the pace of the last week; ``None`` where B has scored nothing."""
    since = timezone.now() - _PACE_WINDOW
    scores = select_paired_scores(model_a, model_b, profile)
    recent = scores.filter(prediction_id__gte=build_min_uuid7(since))
    first = recent.order_by("prediction__created_at").values_list("prediction__created_at", flat=True).first()
    if first is None:
        return None
    days = max((timezone.now() - first) / timedelta(days=1), 1.0)
    return select_disagreeing(recent).count() / days


def _read_reviewed(experiment: Experiment, differing: QuerySet[ShadowScore]) -> list[ReviewedDisagreement]:
    by_a = differing.filter(prediction=OuterRef("prediction"), model_id=experiment.model_a_id)
    keys = differing.values("prediction_id")
    decisions = Feedback.objects.filter(prediction__in=keys, prediction__stream__in=_SAMPLED).settled()
    rows = decisions.annotate(
        answered_by_b=Exists(by_a), script=KeyTextTransform("script", "prediction__traits")
    ).order_by("created_at", "pk")
    columns = (
        "answered_by_b",
        "prediction__prediction",
        "user_correction",
        "created_at",
        "prediction__profile",
        "prediction__kind",
        "script",
    )
    return [
        # The version that answered is right where its answer equals the decision; else the other one.
        ReviewedDisagreement(by_b == (said == material), at, profile, kind, script or "unknown")
        for by_b, said, material, at, profile, kind, script in rows.values_list(*columns)
    ]


def _count_wins(rows: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    total, wins = Counter[str](), Counter[str]()
    for value, right in rows:
        total[value] += 1
        wins[value] += right
    return {value: (wins[value], count) for value, count in total.most_common()}


Segments = Mapping[str, Mapping[str, tuple[int, int]]]
