"""What an experiment can conclude and when, from today's traffic; shown before it starts."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.ids import build_min_uuid7
from accounts.language.sentences import lower
from accounts.numbers import fill
from analytics.experiments.disagreements import count_daily_disagreements
from analytics.experiments.outcomes import DaySum, read_day_sums, read_recorded_history
from experiments.intervals import MIN_USERS
from experiments.metrics import ACCURACY, AUTOMATIC_METRICS
from experiments.models import Experiment
from experiments.power import (
    MAX_REVIEWS,
    POWER,
    Design,
    compute_detectable_effect,
    compute_required_reviews,
    compute_required_users,
)
from matching.compare import sampling
from matching.models import Prediction
from modelops.models import EVERY_PROFILE

HISTORY = timedelta(days=28)
MAX_DAYS = 365
"""Days after which an experiment is called unable to conclude when no end is planned."""


@dataclass(frozen=True)
class Forecast:
    """What is needed for a conclusion with a power of 80 %, and when it is there at today's traffic.

    ``needed`` counts ``unit`` (reviews or users); ``days`` is ``None`` where it cannot be told.
    """

    can_conclude: bool
    sentence: str
    needed: int | None = None
    unit: str = ""
    days: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as JSON."""
        return {**self.__dict__, "power": POWER}


def forecast_experiment(experiment: Experiment) -> Forecast:
    """Forecast a draft, stored or not; reads at most four weeks of predictions."""
    if experiment.primary_metric == ACCURACY:
        return _forecast_reviews(experiment)
    history = _read_history(experiment.profile)
    metric = AUTOMATIC_METRICS.get(experiment.primary_metric)
    if metric is not None:
        rows = [row for row in history if row.metric == metric.id]
        return _forecast_users(experiment, gettext(metric.title), rows, rows)
    name = experiment.recorded_metric
    recorded = read_recorded_history(name, timezone.now() - HISTORY)
    seen = [row for row in history if row.metric == "latency_ms"]
    if not recorded:
        return _forecast_unknown(experiment, seen)
    return _forecast_users(experiment, name.replace("_", " "), recorded, seen)


def _forecast_reviews(experiment: Experiment) -> Forecast:
    share = 0.5 + float(experiment.smallest_effect)
    needed = compute_required_reviews(share)
    if needed is None:
        sentence = fill(
            gettext(
                "Cannot conclude: {share:.1%} is so near to half that {max_reviews:,} reviews would not do."
            ),
            share=share,
            max_reviews=MAX_REVIEWS,
        )
        return Forecast(False, sentence)
    goal = fill(
        gettext(
            "If B is right in {share:.0%} of the disagreements, "
            "{needed:,} reviews of them decide in {power:.0%}"
        ),
        share=share,
        needed=needed,
        power=POWER,
    )
    daily = count_daily_disagreements(experiment.model_a_id, experiment.model_b_id, experiment.profile)
    if daily is None:
        text = gettext(
            "{goal} of cases. B has scored no traffic yet, so nobody can tell how long that takes."
        ).format(goal=goal)
        return Forecast(False, text, needed, "reviews")
    reviewed = daily * sampling.get_policy().disagreement
    days = math.ceil(needed / reviewed) if reviewed else None
    return _judge_time(experiment, gettext("{goal} of cases").format(goal=goal), needed, "reviews", days)


def _forecast_users(experiment: Experiment, title: str, rows: list[DaySum], seen: list[DaySum]) -> Forecast:
    """Forecast a metric from its values of four weeks (``rows``) and the users who came (``seen``)."""
    values, _ = _summarise_users(rows)
    if len(values) < 2 or not values.mean() or not values.std():
        return Forecast(
            False,
            gettext("In the last four weeks too little is stored of {title} to forecast from.").format(
                title=lower(title)
            ),
        )
    effect = abs(float(values.mean())) * float(experiment.smallest_effect)
    design = get_design(experiment)
    deviation = float(values.std(ddof=1))
    needed = compute_required_users(effect, deviation, experiment.share_b, design) or 0
    smaller = min(experiment.share_b, 1 - experiment.share_b)
    needed = max(needed, math.ceil(MIN_USERS / smaller))
    goal = fill(
        gettext(
            "A change of {smallest_effect:.0%} of {title} needs {needed:,} users to be found "
            "in {power:.0%} of cases, by {design_texts}"
        ),
        smallest_effect=float(experiment.smallest_effect),
        title=lower(title),
        needed=needed,
        power=POWER,
        design_texts=_DESIGN_TEXTS[design],
    )
    days = _find_day(_summarise_users(seen)[1], needed / float(experiment.enrolled_share or 1))
    return _judge_time(experiment, goal, needed, "users", days)


def _forecast_unknown(experiment: Experiment, seen: list[DaySum]) -> Forecast:
    """Forecast a metric of which nothing was ever recorded, in units of how much users differ."""
    end = experiment.planned_end or timezone.now() + HISTORY
    days = max((end - timezone.now()) / timedelta(days=1), 1.0)
    daily = len(_summarise_users(seen)[1]) / HISTORY.days
    users = round(daily * days * float(experiment.enrolled_share or 1))
    text = gettext(
        "Nothing was recorded yet as {recorded_metric}, so the spread over users is not known."
    ).format(recorded_metric=experiment.recorded_metric)
    if users < 2 * MIN_USERS:
        return Forecast(
            False,
            fill(
                gettext("{text} About {users:,} users come in {days:,.0f} days, which is too few."),
                text=text,
                users=users,
                days=days,
            ),
        )
    effect = compute_detectable_effect(1.0, users, experiment.share_b, get_design(experiment))
    found = fill(
        gettext("they show a difference of {effect:.2f} standard deviations in {power:.0%} of cases"),
        effect=effect,
        power=POWER,
    )
    return Forecast(
        False,
        fill(
            gettext("{text} About {users:,} users come in {days:,.0f} days: {found}."),
            text=text,
            users=users,
            days=days,
            found=found,
        ),
    )


def get_design(experiment: Experiment) -> Design:
    """Return how the users of an experiment are judged: by planned looks where there is a planned end."""
    return Design.PLANNED if experiment.planned_end else Design.ANY_TIME


_DESIGN_TEXTS = {
    Design.PLANNED: gettext_lazy("daily looks until the planned end"),
    Design.ANY_TIME: gettext_lazy("intervals that hold at any moment"),
}


def _judge_time(experiment: Experiment, goal: str, needed: int, unit: str, days: int | None) -> Forecast:
    """Return the forecast: it concludes where the time needed ends before the planned end."""
    inside = goal[:1].lower() + goal[1:]
    if days is None or days > MAX_DAYS:
        return Forecast(
            False,
            gettext("Cannot conclude: {goal}, more than a year brings.").format(goal=inside),
            needed,
            unit,
        )
    start = experiment.start_date or timezone.now()
    ready = start + timedelta(days=days)
    when = fill(
        ngettext("about {days:,} day at today's traffic", "about {days:,} days at today's traffic", days),
        days=days,
    )
    if experiment.planned_end and ready > experiment.planned_end:
        text = gettext("Cannot conclude by the planned end: {goal}, {when}.").format(goal=inside, when=when)
        return Forecast(False, text, needed, unit, days)
    return Forecast(True, f"{goal}: {when}.", needed, unit, days)


def _read_history(profile: str) -> list[DaySum]:
    rows = Prediction.objects.filter(pk__gte=build_min_uuid7(timezone.now() - HISTORY))
    return read_day_sums(rows if profile == EVERY_PROFILE else rows.filter(profile=profile))


def _summarise_users(rows: list[DaySum]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[date]]:
    """Return each user's mean, and the day on which each was first seen."""
    totals: dict[UUID, list[float]] = defaultdict(lambda: [0.0, 0.0])
    first: dict[UUID, date] = {}
    for row in rows:
        totals[row.user][0] += row.total
        totals[row.user][1] += row.size
        if row.size:
            first[row.user] = min(row.day, first.get(row.user, row.day))
    return np.array([total / count for total, count in totals.values() if count]), sorted(first.values())


def _find_day(first_days: list[date], users: float) -> int | None:
    """Return the days in which so many users are seen, repeating the last four weeks.

    Beyond them, as many new users come a day as in their second half; ``None`` where none came then.
    """
    start = timezone.now().date() - HISTORY
    if len(first_days) >= users:
        return max(1, (first_days[math.ceil(users) - 1] - start).days)
    middle = start + HISTORY / 2
    daily = sum(day >= middle for day in first_days) / (HISTORY.days / 2)
    return HISTORY.days + math.ceil((users - len(first_days)) / daily) if daily else None


def estimate_days_left(experiment: Experiment, reviews_left: int, reviewed: list[datetime]) -> int | None:
    """Return the days until so many more disagreements are reviewed, at the pace of the last week."""
    since = max(timezone.now() - timedelta(days=7), experiment.start_date or timezone.now())
    span = max((timezone.now() - since) / timedelta(days=1), 1.0)
    pace = sum(at >= since for at in reviewed) / span
    return math.ceil(reviews_left / pace) if pace else None
