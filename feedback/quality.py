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

from accounts.ids import first_of
from accounts.models import User
from feedback.agreement import Agreement, agreement, cohen_kappa, gwet_ac1, interval, wilson
from feedback.models import Feedback, GoldAnswer, ReviewItem, Stage
from feedback.routing import overrides
from matching.engine import load_categories
from matching.models import Prediction, ReviewStream

WINDOW = timedelta(days=90)
"""How far back quality is measured."""

_MOST = 20_000
_RESAMPLED = 1_000
_ROUNDS = 200
_DAYS_SHOWN = 14
_HALF = timedelta(days=28)
_CATEGORIES_SHOWN = 12
_FEWEST = 10


class Measured(NamedTuple):
    """Agreement of one group of items, with bootstrap intervals where there are enough items."""

    name: str
    found: Agreement
    kappa: tuple[float, float] | None
    ac1: tuple[float, float] | None


class Share(NamedTuple):
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
        return wilson(self.hits, self.n) if self.n else None


class Person(NamedTuple):
    """One reviewer in the lead's table."""

    email: str
    decisions: int
    seconds: float | None
    gold: Share
    percent: float | None
    pairs: int


class Bar(NamedTuple):
    """One day of a chart, drawn as a bar of at most 100 units that stands on the line at 105."""

    day: date
    n: int
    x: int
    y: float
    height: float


class _Word(NamedTuple):
    """What is read of a word."""

    prediction: UUID
    reviewer: UUID
    answer: bool | None
    guideline: str
    seconds: float | None
    at: datetime
    stream: str


Doubled = tuple[_Word, _Word]


class Desk:
    """The blind words of a window, read once."""

    def __init__(self, since: datetime) -> None:
        rows = Feedback.objects.first_words().filter(
            pk__gte=first_of(since), stage__in=[Stage.FIRST, Stage.SECOND]
        )
        columns = ("prediction_id", "reviewer_id", "user_correction", "guideline_version", "seconds")
        read = rows.order_by("-id").values_list(*columns, "created_at", "stream")[:_MOST]
        self.words = [_Word(*row) for row in read]
        self.doubled = list(_doubled(word for word in self.words if word.stream != ReviewStream.GOLD))

    def gold(self) -> dict[UUID, Share]:
        """Gold accuracy of each reviewer."""
        met = [word for word in self.words if word.stream == ReviewStream.GOLD]
        known = GoldAnswer.objects.filter(prediction__in={word.prediction for word in met})
        answers = dict(known.values_list("prediction_id", "material"))
        hits: dict[UUID, list[bool]] = defaultdict(list)
        for word in met:
            if word.prediction in answers:
                hits[word.reviewer].append(word.answer is answers[word.prediction])
        return {reviewer: Share(sum(found), len(found)) for reviewer, found in hits.items()}


def of_everybody(desk: Desk) -> Measured | None:
    """Agreement of all who looked at the same item."""
    return _measured("All", desk.doubled)


def of_person(desk: Desk, person: User) -> Measured | None:
    """Agreement of one person with whoever else looked."""
    return _measured(person.email, _of(desk.doubled, person.pk))


def by_guideline(desk: Desk) -> list[Measured]:
    """Agreement under each version of the guideline."""
    return _grouped(desk.doubled, lambda pair: [pair[1].guideline or "none"])


def by_category(desk: Desk) -> list[Measured]:
    """Agreement on items that show each category of difference, the most frequent first."""
    shown = _categories({pair[0].prediction for pair in desk.doubled})
    titles = {id_: f"{id_} {found.title}" for id_, found in load_categories().items()}

    def names(pair: Doubled) -> list[str]:
        return [titles.get(id_, id_) for id_ in shown.get(pair[0].prediction, ())]

    return _grouped(desk.doubled, names)[:_CATEGORIES_SHOWN]


def drop(desk: Desk, now: datetime) -> tuple[Measured, Measured, bool] | None:
    """Agreement of the last four weeks, of the rest of the window, and whether it clearly fell."""
    recent = _measured("Last four weeks", [pair for pair in desk.doubled if pair[1].at >= now - _HALF])
    before = _measured("Before", [pair for pair in desk.doubled if pair[1].at < now - _HALF])
    if recent is None or before is None:
        return None
    agreed = round(recent.found.percent * recent.found.n)
    return recent, before, wilson(agreed, recent.found.n)[1] < before.found.percent


def people(desk: Desk) -> list[Person]:
    """Every reviewer of the window, the busiest first."""
    counts = Counter(word.reviewer for word in desk.words)
    emails = dict(User.objects.filter(pk__in=counts).values_list("pk", "email"))
    gold = desk.gold()
    return [_person(desk, key, emails[key], count, gold) for key, count in counts.most_common()]


def per_day(words: Iterable[_Word], now: datetime) -> list[Bar]:
    """Decisions of each of the last two weeks' days."""
    return _bars(Counter(word.at.date() for word in words), now)


def pace(words: Sequence[_Word]) -> float | None:
    """Median seconds of a decision."""
    spent = [word.seconds for word in words if word.seconds is not None]
    return median(spent) if spent else None


def waiting(now: datetime) -> list[Mapping[str, object]]:
    """How many items wait in each stage and state, how many are overdue, and since when the oldest waits."""
    rows = ReviewItem.objects.open().order_by().values("stage", "state")
    return list(
        rows.annotate(
            n=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("created_at")
        ).order_by("stage", "state")
    )


def throughput(now: datetime) -> list[Bar]:
    """Items closed on each of the last two weeks' days."""
    since = now - timedelta(days=_DAYS_SHOWN)
    done = ReviewItem.objects.filter(done_at__gte=since).order_by()
    return _bars(
        dict(done.annotate(day=TruncDate("done_at")).values_list("day").annotate(n=Count("pk"))), now
    )


def overrides_by_rule(desk: Desk) -> list[tuple[str, Share]]:
    """How often reviewers went against the model on items that show each category, the most often first."""
    rows = Prediction.objects.filter(pk__in={word.prediction for word in desk.words})
    seen = {row.pk: row for row in rows.only("pk", "verdict", "prediction", "differences")}
    found: dict[str, list[bool]] = defaultdict(list)
    for word in desk.words:
        row = seen.get(word.prediction)
        if row is None or word.answer is None or word.stream == ReviewStream.GOLD:
            continue
        against = overrides(word.answer, row)
        for id_ in {one["category"] for one in row.differences}:
            found[id_].append(against)
    titles = load_categories()
    ranked = sorted(found.items(), key=lambda entry: (-sum(entry[1]), entry[0]))[:_CATEGORIES_SHOWN]
    return [(f"{id_} {titles[id_].title}", Share(sum(hits), len(hits))) for id_, hits in ranked if sum(hits)]


def since(now: datetime | None = None) -> datetime:
    """Return when the window begins."""
    return (now or timezone.now()) - WINDOW


def _bars(counts: Mapping[date, int], now: datetime) -> list[Bar]:
    days = [now.date() - timedelta(days=back) for back in range(_DAYS_SHOWN - 1, -1, -1)]
    most = max((counts.get(day, 0) for day in days), default=0) or 1
    heights = [round(100 * counts.get(day, 0) / most, 1) for day in days]
    return [
        Bar(day, counts.get(day, 0), place * 30, 105 - height, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]


def _doubled(words: Iterable[_Word]) -> Iterable[Doubled]:
    """The two blind words of each item that two people looked at, in their order."""
    by_prediction: dict[UUID, list[_Word]] = defaultdict(list)
    for word in words:
        by_prediction[word.prediction].append(word)
    for found in by_prediction.values():
        if len(found) >= 2:
            first, second = sorted(found, key=lambda word: word.at)[:2]
            yield first, second


def _of(doubled: Sequence[Doubled], person: UUID) -> list[Doubled]:
    """The items of one person, that person's word first."""
    mine = [pair for pair in doubled if person in (pair[0].reviewer, pair[1].reviewer)]
    return [pair if pair[0].reviewer == person else (pair[1], pair[0]) for pair in mine]


def _measured(name: str, doubled: Sequence[Doubled]) -> Measured | None:
    if not doubled:
        return None
    pairs = [(first.answer, second.answer) for first, second in doubled]
    resampled = pairs[:_RESAMPLED] if len(pairs) >= _FEWEST else []
    kappa = interval(resampled, cohen_kappa, _ROUNDS) if resampled else None
    ac1 = interval(resampled, gwet_ac1, _ROUNDS) if resampled else None
    return Measured(name, agreement(pairs), kappa, ac1)


def _grouped(doubled: Sequence[Doubled], names: Callable[[Doubled], list[str]]) -> list[Measured]:
    groups: dict[str, list[Doubled]] = defaultdict(list)
    for pair in doubled:
        for name in names(pair):
            groups[name].append(pair)
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [found for name, pairs in ordered if (found := _measured(name, pairs)) is not None]


def _categories(predictions: set[UUID]) -> dict[UUID, set[str]]:
    rows = Prediction.objects.filter(pk__in=predictions).values_list("pk", "differences")
    return {pk: {one["category"] for one in differences} for pk, differences in rows}


def _person(desk: Desk, key: UUID, email: str, count: int, gold: Mapping[UUID, Share]) -> Person:
    mine = _of(desk.doubled, key)
    same = sum(first.answer == second.answer for first, second in mine)
    spent = pace([word for word in desk.words if word.reviewer == key])
    share = same / len(mine) if mine else None
    return Person(email, count, spent, gold.get(key, Share(0, 0)), share, len(mine))
