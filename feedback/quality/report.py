"""Measures of review quality: agreement, gold accuracy, pace, age of items, overrides.

All are read-only and bounded by a window. Only decisions made before the prediction was shown count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.ids import build_min_uuid7
from accounts.language.sentences import Text
from accounts.models import User
from feedback.models import Feedback, GoldAnswer, ReviewItem, ReviewStage
from feedback.quality.agreement import (
    Agreement,
    bootstrap_interval,
    cohen_kappa,
    compute_agreement,
    gwet_ac1,
)
from feedback.review.routing import is_override
from matching.compare.language import show_text
from matching.engine import load_categories
from matching.models import Prediction, ReviewStream
from modelops.training.evaluation import wilson_interval

WINDOW = timedelta(days=90)
"""Period over which quality is measured."""

MIN_SHARED_ITEMS = 20
"""From how many items with two decisions a coefficient is stated; below, chance would decide it.

Cicchetti and Fleiss (1977) ask for 2k² items with k answers, 18 for the three that reviewers have.
"""

MAX_DECISIONS = 20_000
"""Most decisions that a sample holds."""

_MAX_BOOTSTRAP_PAIRS = 1_000
_BOOTSTRAP_ROUNDS = 200
_CHART_DAYS = 14
_RECENT_WINDOW = timedelta(days=28)
_MAX_CATEGORIES = 12
_STAGE_NAMES: Mapping[str, Text] = {
    ReviewStage.FIRST: gettext_lazy("First"),
    ReviewStage.SECOND: gettext_lazy("Second"),
    ReviewStage.ADJUDICATION: gettext_lazy("Adjudication"),
}
_STATE_NAMES: Mapping[str, Text] = {
    ReviewItem.State.OPEN: gettext_lazy("open"),
    ReviewItem.State.CLAIMED: gettext_lazy("claimed"),
    ReviewItem.State.PARKED: gettext_lazy("parked"),
}
"""Undecided items have no other state."""


class GroupAgreement(NamedTuple):
    """Agreement of one group of items, with bootstrap intervals where there are enough items."""

    name: str
    coefficients: Agreement
    kappa_interval: tuple[float, float] | None
    ac1_interval: tuple[float, float] | None

    @property
    def is_stated(self) -> bool:
        """Whether enough items have two decisions for a coefficient to be stated."""
        return self.coefficients.n >= self.needed_items

    @property
    def needed_items(self) -> int:
        """From how many items on coefficients are stated."""
        return MIN_SHARED_ITEMS


class Proportion(NamedTuple):
    """Hits among ``n`` trials; share and bounds are ``None`` without a trial."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """Return hits over trials."""
        return self.hits / self.n if self.n else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval."""
        rate = wilson_interval(self.hits, self.n)
        return (rate.low, rate.high) if self.n else None


class ReviewerQuality(NamedTuple):
    """The row of one reviewer in the table for leads."""

    email: str
    decisions: int
    median_seconds: float | None
    gold: Proportion
    agreement_share: float | None
    shared_items: int


class DailyBar(NamedTuple):
    """One day of a bar chart in SVG units: bars are at most 100 high, their base line is at y = 105."""

    day: date
    n: int
    x: int
    y: float
    height: float


class BlindDecision(NamedTuple):
    """The columns of a decision that the measures need."""

    prediction_id: UUID
    reviewer_id: UUID
    answer: bool | None
    guideline_version: str
    seconds: float | None
    decided_at: datetime
    stream: str
    queued_at: datetime | None


class SampleFilter(NamedTuple):
    """What a sample is restricted to; an empty part restricts nothing."""

    until: datetime | None = None
    profile: str = ""
    stream: str = ""


DecisionPair = tuple[BlindDecision, BlindDecision]


class BlindDecisionSample:
    """The blind decisions of a window, loaded once: the newest ``MAX_DECISIONS`` of them."""

    def __init__(self, since: datetime, restriction: SampleFilter = SampleFilter()) -> None:  # noqa: B008 - immutable
        rows = _select_decisions(since, restriction)
        columns = ("prediction_id", "reviewer_id", "user_correction", "guideline_version", "seconds")
        others = ("created_at", "stream", "item__created_at")
        newest = rows.order_by("-id").values_list(*columns, *others)[:MAX_DECISIONS]
        self.decisions = [BlindDecision(*row) for row in newest]
        self.decision_pairs = list(
            _pair_decisions(decision for decision in self.decisions if decision.stream != ReviewStream.GOLD)
        )

    def measure_gold_accuracy(self) -> dict[UUID, Proportion]:
        """Return the gold accuracy of each reviewer."""
        gold = [decision for decision in self.decisions if decision.stream == ReviewStream.GOLD]
        gold_answers = GoldAnswer.objects.filter(prediction__in={decision.prediction_id for decision in gold})
        answers = dict(gold_answers.values_list("prediction_id", "material"))
        hits: dict[UUID, list[bool]] = defaultdict(list)
        for decision in gold:
            if decision.prediction_id in answers:
                hits[decision.reviewer_id].append(decision.answer is answers[decision.prediction_id])
        return {
            reviewer: Proportion(sum(reviewer_hits), len(reviewer_hits))
            for reviewer, reviewer_hits in hits.items()
        }


def _select_decisions(since: datetime, restriction: SampleFilter) -> QuerySet[Feedback]:
    rows = Feedback.objects.initial_decisions().filter(
        pk__gte=build_min_uuid7(since), stage__in=[ReviewStage.FIRST, ReviewStage.SECOND]
    )
    if restriction.until is not None:
        rows = rows.filter(created_at__gte=since, created_at__lt=restriction.until)
    if restriction.profile:
        rows = rows.filter(prediction__profile=restriction.profile)
    return rows.filter(stream=restriction.stream) if restriction.stream else rows


def measure_all_reviewers(sample: BlindDecisionSample) -> GroupAgreement | None:
    """Return the agreement over all items with two decisions."""
    return measure_pairs(gettext("All"), sample.decision_pairs)


def measure_reviewer(sample: BlindDecisionSample, person: User) -> GroupAgreement | None:
    """Return the agreement of one reviewer with all others."""
    return measure_pairs(person.email, select_reviewer_pairs(sample.decision_pairs, person.pk))


def measure_by_guideline(sample: BlindDecisionSample) -> list[GroupAgreement]:
    """Return the agreement under each version of the guideline."""
    return _measure_groups(sample.decision_pairs, lambda pair: [pair[1].guideline_version or gettext("none")])


def measure_by_category(sample: BlindDecisionSample) -> list[GroupAgreement]:
    """Return the agreement on items of each category of difference, the most frequent first."""
    categories = _load_categories({pair[0].prediction_id for pair in sample.decision_pairs})
    titles = {id_: f"{id_} {show_text(category.title)}" for id_, category in load_categories().items()}

    def names(pair: DecisionPair) -> list[str]:
        return [titles.get(id_, id_) for id_ in categories.get(pair[0].prediction_id, ())]

    return _measure_groups(sample.decision_pairs, names)[:_MAX_CATEGORIES]


def detect_agreement_drop(
    sample: BlindDecisionSample, now: datetime
) -> tuple[GroupAgreement, GroupAgreement, bool] | None:
    """Return recent agreement, earlier agreement, and whether the earlier one exceeds the recent interval."""
    recent = measure_pairs(
        gettext("Last four weeks"),
        [pair for pair in sample.decision_pairs if pair[1].decided_at >= now - _RECENT_WINDOW],
    )
    before = measure_pairs(
        gettext("Before"),
        [pair for pair in sample.decision_pairs if pair[1].decided_at < now - _RECENT_WINDOW],
    )
    if recent is None or before is None:
        return None
    agreed = round(recent.coefficients.percent * recent.coefficients.n)
    return recent, before, wilson_interval(agreed, recent.coefficients.n).high < before.coefficients.percent


def summarise_reviewers(sample: BlindDecisionSample) -> list[ReviewerQuality]:
    """Return every reviewer of the window, most decisions first."""
    counts = Counter(decision.reviewer_id for decision in sample.decisions)
    emails = dict(User.objects.filter(pk__in=counts).values_list("pk", "email"))
    gold = sample.measure_gold_accuracy()
    return [_summarise_reviewer(sample, key, emails[key], count, gold) for key, count in counts.most_common()]


def count_decisions_per_day(decisions: Iterable[BlindDecision], now: datetime) -> list[DailyBar]:
    """Return the decisions on each of the last 14 days."""
    return _build_daily_bars(Counter(decision.decided_at.date() for decision in decisions), now)


def compute_median_seconds(decisions: Sequence[BlindDecision]) -> float | None:
    """Return the median seconds of a decision, ``None`` without a timed one."""
    spent = [decision.seconds for decision in decisions if decision.seconds is not None]
    return median(spent) if spent else None


def summarise_queue(now: datetime) -> list[Mapping[str, object]]:
    """Return open items, overdue items and the oldest creation time by name of stage and of state."""
    rows = ReviewItem.objects.open().order_by().values("stage", "state")
    counted = rows.annotate(
        n=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("created_at")
    )
    return [
        {**row, "stage": _STAGE_NAMES[row["stage"]], "state": _STATE_NAMES[row["state"]]}
        for row in counted.order_by("stage", "state")
    ]


def count_closed_per_day(now: datetime) -> list[DailyBar]:
    """Return the items closed on each of the last 14 days."""
    since = now - timedelta(days=_CHART_DAYS)
    done = ReviewItem.objects.filter(done_at__gte=since).order_by()
    return _build_daily_bars(
        dict(done.annotate(day=TruncDate("done_at")).values_list("day").annotate(n=Count("pk"))), now
    )


def count_overrides_by_category(sample: BlindDecisionSample) -> list[tuple[str, Proportion]]:
    """Return the override rate of each category with an override, the largest number first."""
    rows = Prediction.objects.filter(pk__in={decision.prediction_id for decision in sample.decisions})
    predictions = {row.pk: row for row in rows.only("pk", "verdict", "prediction", "differences")}
    overrides: dict[str, list[bool]] = defaultdict(list)
    for decision in sample.decisions:
        row = predictions.get(decision.prediction_id)
        if row is None or decision.answer is None or decision.stream == ReviewStream.GOLD:
            continue
        overrides_model = is_override(decision.answer, row)
        for id_ in row.categories:
            overrides[id_].append(overrides_model)
    titles = load_categories()
    ranked = sorted(overrides.items(), key=lambda entry: (-sum(entry[1]), entry[0]))[:_MAX_CATEGORIES]
    return [
        (f"{id_} {show_text(titles[id_].title)}", Proportion(sum(hits), len(hits)))
        for id_, hits in ranked
        if sum(hits)
    ]


def get_window_start(now: datetime | None = None) -> datetime:
    """Return the start of the window."""
    return (now or timezone.now()) - WINDOW


def _build_daily_bars(counts: Mapping[date, int], now: datetime) -> list[DailyBar]:
    days = [now.date() - timedelta(days=back) for back in range(_CHART_DAYS - 1, -1, -1)]
    most = max((counts.get(day, 0) for day in days), default=0) or 1
    heights = [round(100 * counts.get(day, 0) / most, 1) for day in days]
    return [
        DailyBar(day, counts.get(day, 0), place * 30, 105 - height, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]


def _pair_decisions(decisions: Iterable[BlindDecision]) -> Iterable[DecisionPair]:
    """Yield the first two blind decisions on each prediction with at least two, in order of time."""
    by_prediction: dict[UUID, list[BlindDecision]] = defaultdict(list)
    for decision in decisions:
        by_prediction[decision.prediction_id].append(decision)
    for group in by_prediction.values():
        if len(group) >= 2:
            first, second = sorted(group, key=lambda decision: decision.decided_at)[:2]
            yield first, second


def select_reviewer_pairs(decision_pairs: Sequence[DecisionPair], person: UUID) -> list[DecisionPair]:
    """Return the pairs of one reviewer, that reviewer's decision first."""
    mine = [pair for pair in decision_pairs if person in (pair[0].reviewer_id, pair[1].reviewer_id)]
    return [pair if pair[0].reviewer_id == person else (pair[1], pair[0]) for pair in mine]


def measure_pairs(name: str, decision_pairs: Sequence[DecisionPair]) -> GroupAgreement | None:
    """Return the agreement of pairs of decisions; ``None`` without a pair."""
    if not decision_pairs:
        return None
    pairs = [(first.answer, second.answer) for first, second in decision_pairs]
    resampled = pairs[:_MAX_BOOTSTRAP_PAIRS] if len(pairs) >= MIN_SHARED_ITEMS else []
    kappa = bootstrap_interval(resampled, cohen_kappa, _BOOTSTRAP_ROUNDS) if resampled else None
    ac1 = bootstrap_interval(resampled, gwet_ac1, _BOOTSTRAP_ROUNDS) if resampled else None
    return GroupAgreement(name, compute_agreement(pairs), kappa, ac1)


def _measure_groups(
    decision_pairs: Sequence[DecisionPair], names: Callable[[DecisionPair], list[str]]
) -> list[GroupAgreement]:
    groups: dict[str, list[DecisionPair]] = defaultdict(list)
    for pair in decision_pairs:
        for name in names(pair):
            groups[name].append(pair)
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [agreement for name, pairs in ordered if (agreement := measure_pairs(name, pairs)) is not None]


def _load_categories(predictions: set[UUID]) -> dict[UUID, set[str]]:
    rows = Prediction.objects.filter(pk__in=predictions).only("pk", "differences")
    return {row.pk: row.categories for row in rows}


def _summarise_reviewer(
    sample: BlindDecisionSample, key: UUID, email: str, count: int, gold: Mapping[UUID, Proportion]
) -> ReviewerQuality:
    mine = select_reviewer_pairs(sample.decision_pairs, key)
    same = sum(first.answer == second.answer for first, second in mine)
    spent = compute_median_seconds([decision for decision in sample.decisions if decision.reviewer_id == key])
    share = same / len(mine) if mine else None
    return ReviewerQuality(email, count, spent, gold.get(key, Proportion(0, 0)), share, len(mine))
