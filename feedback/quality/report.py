"""How well review goes: agreement, gold accuracy, pace, age, overrides. Reads only, bounded by a window.

Blind first words alone are compared: what was said after the model's answer was seen measures nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.ids import build_min_uuid7
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
from matching.engine import load_categories
from matching.models import Prediction, ReviewStream
from modelops.training.evaluation import wilson_interval

WINDOW = timedelta(days=90)
"""How far back quality is measured."""

_MAX_DECISIONS = 20_000
_MAX_BOOTSTRAP_PAIRS = 1_000
_BOOTSTRAP_ROUNDS = 200
_CHART_DAYS = 14
_RECENT_WINDOW = timedelta(days=28)
_MAX_CATEGORIES = 12
_MIN_BOOTSTRAP_PAIRS = 10


class GroupAgreement(NamedTuple):
    """Agreement of one group of items, with bootstrap intervals where there are enough items."""

    name: str
    coefficients: Agreement
    kappa_interval: tuple[float, float] | None
    ac1_interval: tuple[float, float] | None


class Proportion(NamedTuple):
    """Hits among trials with Wilson's interval; without a trial no share."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """Hits over trials."""
        return self.hits / self.n if self.n else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 95 % interval."""
        rate = wilson_interval(self.hits, self.n)
        return (rate.low, rate.high) if self.n else None


class ReviewerQuality(NamedTuple):
    """One reviewer in the lead's table."""

    email: str
    decisions: int
    median_seconds: float | None
    gold: Proportion
    agreement_share: float | None
    shared_items: int


class DailyBar(NamedTuple):
    """One day of a chart, drawn as a bar of at most 100 units that stands on the line at 105."""

    day: date
    n: int
    x: int
    y: float
    height: float


class _BlindDecision(NamedTuple):
    """What is read of a word."""

    prediction_id: UUID
    reviewer_id: UUID
    answer: bool | None
    guideline_version: str
    seconds: float | None
    decided_at: datetime
    stream: str


DecisionPair = tuple[_BlindDecision, _BlindDecision]


class BlindDecisionSample:
    """The blind words of a window, read once."""

    def __init__(self, since: datetime) -> None:
        rows = Feedback.objects.initial_decisions().filter(
            pk__gte=build_min_uuid7(since), stage__in=[ReviewStage.FIRST, ReviewStage.SECOND]
        )
        columns = ("prediction_id", "reviewer_id", "user_correction", "guideline_version", "seconds")
        read = rows.order_by("-id").values_list(*columns, "created_at", "stream")[:_MAX_DECISIONS]
        self.decisions = [_BlindDecision(*row) for row in read]
        self.decision_pairs = list(
            _pair_decisions(word for word in self.decisions if word.stream != ReviewStream.GOLD)
        )

    def measure_gold_accuracy(self) -> dict[UUID, Proportion]:
        """Gold accuracy of each reviewer."""
        met = [word for word in self.decisions if word.stream == ReviewStream.GOLD]
        known = GoldAnswer.objects.filter(prediction__in={word.prediction_id for word in met})
        answers = dict(known.values_list("prediction_id", "material"))
        hits: dict[UUID, list[bool]] = defaultdict(list)
        for word in met:
            if word.prediction_id in answers:
                hits[word.reviewer_id].append(word.answer is answers[word.prediction_id])
        return {reviewer: Proportion(sum(found), len(found)) for reviewer, found in hits.items()}


def measure_all_reviewers(desk: BlindDecisionSample) -> GroupAgreement | None:
    """Agreement of all who looked at the same item."""
    return _measure_agreement("All", desk.decision_pairs)


def measure_reviewer(desk: BlindDecisionSample, person: User) -> GroupAgreement | None:
    """Agreement of one person with whoever else looked."""
    return _measure_agreement(person.email, _select_reviewer_pairs(desk.decision_pairs, person.pk))


def measure_by_guideline(desk: BlindDecisionSample) -> list[GroupAgreement]:
    """Agreement under each version of the guideline."""
    return _measure_groups(desk.decision_pairs, lambda pair: [pair[1].guideline_version or "none"])


def measure_by_category(desk: BlindDecisionSample) -> list[GroupAgreement]:
    """Agreement on items that show each category of difference, the most frequent first."""
    shown = _load_categories({pair[0].prediction_id for pair in desk.decision_pairs})
    titles = {id_: f"{id_} {found.title}" for id_, found in load_categories().items()}

    def names(pair: DecisionPair) -> list[str]:
        return [titles.get(id_, id_) for id_ in shown.get(pair[0].prediction_id, ())]

    return _measure_groups(desk.decision_pairs, names)[:_MAX_CATEGORIES]


def detect_agreement_drop(
    desk: BlindDecisionSample, now: datetime
) -> tuple[GroupAgreement, GroupAgreement, bool] | None:
    """Agreement of the last four weeks, of the rest of the window, and whether it clearly fell."""
    recent = _measure_agreement(
        "Last four weeks",
        [pair for pair in desk.decision_pairs if pair[1].decided_at >= now - _RECENT_WINDOW],
    )
    before = _measure_agreement(
        "Before", [pair for pair in desk.decision_pairs if pair[1].decided_at < now - _RECENT_WINDOW]
    )
    if recent is None or before is None:
        return None
    agreed = round(recent.coefficients.percent * recent.coefficients.n)
    return recent, before, wilson_interval(agreed, recent.coefficients.n).high < before.coefficients.percent


def summarise_reviewers(desk: BlindDecisionSample) -> list[ReviewerQuality]:
    """Every reviewer of the window, the busiest first."""
    counts = Counter(word.reviewer_id for word in desk.decisions)
    emails = dict(User.objects.filter(pk__in=counts).values_list("pk", "email"))
    gold = desk.measure_gold_accuracy()
    return [_summarise_reviewer(desk, key, emails[key], count, gold) for key, count in counts.most_common()]


def count_decisions_per_day(words: Iterable[_BlindDecision], now: datetime) -> list[DailyBar]:
    """Decisions of each of the last two weeks' days."""
    return _build_daily_bars(Counter(word.decided_at.date() for word in words), now)


def compute_median_seconds(words: Sequence[_BlindDecision]) -> float | None:
    """Median seconds of a decision."""
    spent = [word.seconds for word in words if word.seconds is not None]
    return median(spent) if spent else None


def summarise_queue(now: datetime) -> list[Mapping[str, object]]:
    """How many items wait in each stage and state, how many are overdue, and since when the oldest waits."""
    rows = ReviewItem.objects.open().order_by().values("stage", "state")
    return list(
        rows.annotate(
            n=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("created_at")
        ).order_by("stage", "state")
    )


def count_closed_per_day(now: datetime) -> list[DailyBar]:
    """Items closed on each of the last two weeks' days."""
    since = now - timedelta(days=_CHART_DAYS)
    done = ReviewItem.objects.filter(done_at__gte=since).order_by()
    return _build_daily_bars(
        dict(done.annotate(day=TruncDate("done_at")).values_list("day").annotate(n=Count("pk"))), now
    )


def count_overrides_by_category(desk: BlindDecisionSample) -> list[tuple[str, Proportion]]:
    """How often reviewers went against the model on items that show each category, the most often first."""
    rows = Prediction.objects.filter(pk__in={word.prediction_id for word in desk.decisions})
    seen = {row.pk: row for row in rows.only("pk", "verdict", "prediction", "differences")}
    found: dict[str, list[bool]] = defaultdict(list)
    for word in desk.decisions:
        row = seen.get(word.prediction_id)
        if row is None or word.answer is None or word.stream == ReviewStream.GOLD:
            continue
        against = is_override(word.answer, row)
        for id_ in row.categories:
            found[id_].append(against)
    titles = load_categories()
    ranked = sorted(found.items(), key=lambda entry: (-sum(entry[1]), entry[0]))[:_MAX_CATEGORIES]
    return [
        (f"{id_} {titles[id_].title}", Proportion(sum(hits), len(hits))) for id_, hits in ranked if sum(hits)
    ]


def get_window_start(now: datetime | None = None) -> datetime:
    """Return when the window begins."""
    return (now or timezone.now()) - WINDOW


def _build_daily_bars(counts: Mapping[date, int], now: datetime) -> list[DailyBar]:
    days = [now.date() - timedelta(days=back) for back in range(_CHART_DAYS - 1, -1, -1)]
    most = max((counts.get(day, 0) for day in days), default=0) or 1
    heights = [round(100 * counts.get(day, 0) / most, 1) for day in days]
    return [
        DailyBar(day, counts.get(day, 0), place * 30, 105 - height, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]


def _pair_decisions(words: Iterable[_BlindDecision]) -> Iterable[DecisionPair]:
    """The two blind words of each item that two people looked at, in their order."""
    by_prediction: dict[UUID, list[_BlindDecision]] = defaultdict(list)
    for word in words:
        by_prediction[word.prediction_id].append(word)
    for found in by_prediction.values():
        if len(found) >= 2:
            first, second = sorted(found, key=lambda word: word.decided_at)[:2]
            yield first, second


def _select_reviewer_pairs(doubled: Sequence[DecisionPair], person: UUID) -> list[DecisionPair]:
    """The items of one person, that person's word first."""
    mine = [pair for pair in doubled if person in (pair[0].reviewer_id, pair[1].reviewer_id)]
    return [pair if pair[0].reviewer_id == person else (pair[1], pair[0]) for pair in mine]


def _measure_agreement(name: str, doubled: Sequence[DecisionPair]) -> GroupAgreement | None:
    if not doubled:
        return None
    pairs = [(first.answer, second.answer) for first, second in doubled]
    resampled = pairs[:_MAX_BOOTSTRAP_PAIRS] if len(pairs) >= _MIN_BOOTSTRAP_PAIRS else []
    kappa = bootstrap_interval(resampled, cohen_kappa, _BOOTSTRAP_ROUNDS) if resampled else None
    ac1 = bootstrap_interval(resampled, gwet_ac1, _BOOTSTRAP_ROUNDS) if resampled else None
    return GroupAgreement(name, compute_agreement(pairs), kappa, ac1)


def _measure_groups(
    doubled: Sequence[DecisionPair], names: Callable[[DecisionPair], list[str]]
) -> list[GroupAgreement]:
    groups: dict[str, list[DecisionPair]] = defaultdict(list)
    for pair in doubled:
        for name in names(pair):
            groups[name].append(pair)
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [found for name, pairs in ordered if (found := _measure_agreement(name, pairs)) is not None]


def _load_categories(predictions: set[UUID]) -> dict[UUID, set[str]]:
    rows = Prediction.objects.filter(pk__in=predictions).only("pk", "differences")
    return {row.pk: row.categories for row in rows}


def _summarise_reviewer(
    desk: BlindDecisionSample, key: UUID, email: str, count: int, gold: Mapping[UUID, Proportion]
) -> ReviewerQuality:
    mine = _select_reviewer_pairs(desk.decision_pairs, key)
    same = sum(first.answer == second.answer for first, second in mine)
    spent = compute_median_seconds([word for word in desk.decisions if word.reviewer_id == key])
    share = same / len(mine) if mine else None
    return ReviewerQuality(email, count, spent, gold.get(key, Proportion(0, 0)), share, len(mine))
