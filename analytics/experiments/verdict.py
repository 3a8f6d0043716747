"""The verdict of an experiment in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, ngettext

from accounts.language.sentences import lower
from accounts.numbers import fill, format_number
from analytics.experiments.disagreements import Disagreements
from analytics.experiments.forecast import estimate_days_left
from analytics.experiments.planned_looks import PlannedLooks
from analytics.experiments.split import describe_split
from experiments.intervals import MIN_USERS, ArmComparison, Interval
from experiments.metrics import Direction, Metric, Unit
from experiments.models import Experiment
from experiments.power import compute_required_reviews
from experiments.significance import SampleRatioCheck


class State(StrEnum):
    """What an experiment has shown."""

    WITHHELD = "withheld"
    B_BETTER = "b better"
    A_BETTER = "a better"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """State and sentence."""

    state: State
    sentence: str

    @property
    def is_conclusive(self) -> bool:
        """Whether one of the versions has been shown to be better."""
        return self.state in (State.A_BETTER, State.B_BETTER)


def withhold(split: SampleRatioCheck) -> Verdict:
    """Return the verdict while the split of users is not as planned."""
    return Verdict(
        State.WITHHELD,
        gettext("Withheld: {split} Find the cause first; no result can be trusted.").format(
            split=describe_split(split)
        ),
    )


def judge_accuracy(experiment: Experiment, evidence: Disagreements) -> Verdict:
    """Judge by reviewed disagreements; the evidence decides at 20 and stays decided."""
    n, decided = len(evidence.reviewed), evidence.deciding_review
    if decided is None:
        return Verdict(State.UNDECIDED, _describe_missing_reviews(experiment, evidence))
    wins = sum(row.b_is_right for row in evidence.reviewed[:decided])
    winner, won = ("B", evidence.wins) if wins * 2 > decided else ("A", n - evidence.wins)
    state = State.B_BETTER if winner == "B" else State.A_BETTER
    found = fill(
        gettext("right in {value:.0%} of {n:,} disagreements, e = {e_value}"),
        value=won / n,
        n=n,
        e_value=format_e_value(evidence.e_value),
    )
    return Verdict(
        state,
        fill(
            gettext("{winner} is better: {found}, decided at review {decided:,}."),
            winner=winner,
            found=found,
            decided=decided,
        ),
    )


def judge_users(metric: Metric, result: ArmComparison | None) -> Verdict:
    """Judge one metric by whether the interval of the difference excludes 0."""
    title = lower(gettext(metric.title))
    if result is None or result.difference is None or not result.has_enough_users:
        seen = (
            fill(gettext("{users_a:,} and {users_b:,}"), users_a=result.a.users, users_b=result.b.users)
            if result
            else "none"
        )
        return Verdict(
            State.UNDECIDED,
            gettext(
                "Cannot conclude yet: {title} needs at least {min_users} users in each arm; there are {seen}."
            ).format(title=title, min_users=MIN_USERS, seen=seen),
        )
    change = describe_change(metric, result)
    if not result.difference.excludes(0):
        return Verdict(
            State.UNDECIDED,
            gettext("Cannot conclude yet: {title} of B {change} against A.").format(
                title=title, change=change
            ),
        )
    if metric.better == Direction.NEITHER:
        return Verdict(
            State.DIFFERENT,
            gettext("{title} of B {change} against A.").format(title=gettext(metric.title), change=change),
        )
    b_is_better = (result.difference.estimate < 0) == (metric.better == Direction.LOWER)
    winner, state = ("B", State.B_BETTER) if b_is_better else ("A", State.A_BETTER)
    return Verdict(
        state,
        gettext("{winner} is better: {title} of B {change} against A.").format(
            winner=winner, title=title, change=change
        ),
    )


def judge_planned_looks(metric: Metric, looks: PlannedLooks) -> Verdict:
    """Judge one metric by its planned looks: the first that decides stays, and none follows the last."""
    if not looks.taken:
        text = fill(
            gettext("Cannot conclude yet: the first of {planned:,} planned looks is at the end of the day."),
            planned=looks.planned,
        )
        return Verdict(State.UNDECIDED, text)
    verdict = judge_users(metric, looks.comparison)
    if looks.deciding_look:
        when = fill(
            gettext("Decided at look {deciding_look:,} of {planned:,}."),
            deciding_look=looks.deciding_look,
            planned=looks.planned,
        )
        return Verdict(verdict.state, f"{verdict.sentence} {when}")
    if looks.taken >= looks.planned:
        sentence = verdict.sentence.removeprefix("Cannot conclude yet: ")
        return Verdict(
            State.UNDECIDED,
            gettext("No difference was shown by the planned end: {sentence}").format(sentence=sentence),
        )
    return Verdict(
        State.UNDECIDED,
        fill(
            gettext("{sentence} Look {taken:,} of {planned:,}."),
            sentence=verdict.sentence,
            taken=looks.taken,
            planned=looks.planned,
        ),
    )


def describe_change(metric: Metric, result: ArmComparison) -> str:
    """Return the lift with its interval, or the difference where A's mean is 0."""
    if result.lift is not None:
        lift = result.lift
        return fill(
            gettext("changes by {estimate:+.1%} ({low:+.1%} to {high:+.1%})"),
            estimate=lift.estimate,
            low=lift.low,
            high=lift.high,
        )
    difference = result.difference or Interval(0.0, 0.0, 0.0)
    low, high = format_value(metric.unit, difference.low), format_value(metric.unit, difference.high)
    return gettext("differs by {value} ({low} to {high})").format(
        value=format_value(metric.unit, difference.estimate), low=low, high=high
    )


def format_value(unit: Unit, value: float) -> str:
    """Return a value of a metric with its unit."""
    if unit == Unit.SHARE:
        return format_number(value, ".1%")
    return f"{format_number(value, ',.1f')} {unit}" if unit != Unit.NUMBER else format_number(value, ",.4g")


def format_e_value(value: float) -> str:
    """Return an e-value for the screen; beyond a million its size says nothing more."""
    return (
        gettext("over a million")
        if value > 1e6
        else format_number(value, ",.0f")
        if value >= 10
        else format_number(value, ".2g")
    )


def _describe_missing_reviews(experiment: Experiment, evidence: Disagreements) -> str:
    n = len(evidence.reviewed)
    needed = compute_required_reviews(0.5 + float(experiment.smallest_effect))
    seen = fill(
        gettext("e = {e_value} after {n:,} of {found:,} disagreements"),
        e_value=format_e_value(evidence.e_value),
        n=n,
        found=evidence.found,
    )
    if needed is None:
        return gettext("Cannot conclude yet: {seen}.").format(seen=seen)
    left = max(needed - n, 1)
    days = estimate_days_left(experiment, left, [row.settled_at for row in evidence.reviewed])
    when = (
        gettext("nobody is reviewing now")
        if days is None
        else fill(ngettext("{number:,} day", "{number:,} days", days), number=days)
    )
    text = ngettext(
        "Cannot conclude yet: {seen}; about {left:,} more review, {when}.",
        "Cannot conclude yet: {seen}; about {left:,} more reviews, {when}.",
        left,
    )
    return text.format(seen=seen, left=left, when=when)
