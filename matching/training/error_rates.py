"""Error rates of verdicts by rule, by profile, verdict and cause: where the reported confidence comes from.

A cause is the category that decided, or what else a verdict rests on
(:func:`matching.engine.judgement.list_deciding_causes`). Labels of registers say whether two names belong to
one entity, so they are counted under the profiles that ask just that; hand-written pairs, which carry the
accepted verdicts of their profile, are counted under every profile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from matching.engine import Scorer, Thresholds, Verdict
from matching.engine.compared_pair import NO_CONTEXT, collect_findings, compare_pair, parse_kind
from matching.engine.judgement import is_decided_by_rule, judge_pair, list_deciding_causes
from matching.engine.policy import MIN_MATERIAL_PROBABILITY, SHARED_NAME_RATE, decide_verdict
from matching.engine.profiles import get_profile
from matching.training.dataset import LabelledDataset
from matching.training.practitioner import is_calibration_pair, load_practitioner_pairs

IDENTITY_PROFILES = ("general", "kyc", "contract", "sanctions")
"""Profiles that ask whether two names mean one person; the others judge texts."""

PRIOR_WEIGHT = 20.0
"""Pairs that the rate of the next wider group counts for: a rate of few pairs stays near it."""

HAND_WRITTEN_WEIGHT = 20.0
"""Register pairs that a hand-written pair counts for: it says what its profile accepts, of which a register's
label, one entity or two, is only a part. There are thousands of labels and dozens of such pairs."""

_PRIOR_RATES = {Verdict.IMMATERIAL: SHARED_NAME_RATE, Verdict.MATERIAL: 1 - MIN_MATERIAL_PROBABILITY}
_ONLY_RULES = Thresholds(-1.0, 2.0)
_MIN_RATE, _MAX_RATE = 0.0005, 0.5
"""Bounds of a rate: what no error in 6,000 pairs can show (rule of three), and a coin toss."""

ErrorTable = dict[str, dict[str, dict[str, dict[str, float]]]]
"""Profile, verdict, cause or kind: ``errors`` of ``n`` verdicts and the shrunk ``rate``."""


class Observation(NamedTuple):
    """A verdict by rule with its causes, whether it is wrong, and how many register pairs it counts for."""

    profile: str
    verdict: Verdict
    kind: str
    causes: tuple[str, ...]
    is_wrong: bool
    weight: float = 1.0


def observe_labelled_pairs(
    data: LabelledDataset, probabilities: Mapping[int, float]
) -> Iterator[Observation]:
    """Yield the verdicts by rule on pairs of a dataset.

    ``probabilities`` holds, by index of the pair, that of a model which had not learnt its entity.
    """
    for id_ in IDENTITY_PROFILES:
        profile = get_profile(id_)
        for at, probability in probabilities.items():
            findings = data.findings[at]
            decision = decide_verdict(findings, profile, probability, _ONLY_RULES)
            if is_decided_by_rule(decision):
                causes = list_deciding_causes(decision, findings, profile)
                is_wrong = decision.is_material != data.pairs[at].material
                yield Observation(id_, decision.verdict, str(data.kinds[at]), causes, is_wrong)


def observe_practitioner_pairs(scorer: Scorer) -> Iterator[Observation]:
    """Yield the verdicts by rule on the calibration half of the hand-written pairs."""
    for row in filter(is_calibration_pair, load_practitioner_pairs()):
        try:
            pair = compare_pair(row.left, row.right, parse_kind(row.kind))
        except ValueError:
            continue
        findings, profile = collect_findings(pair, with_notes=False), get_profile(row.profile)
        probability = scorer.predict_probability(pair.build_row())
        decision = judge_pair(pair, findings, profile, scorer, probability, NO_CONTEXT).decision
        if is_decided_by_rule(decision):
            causes, is_wrong = (
                list_deciding_causes(decision, findings, profile),
                decision.verdict not in row.accepted,
            )
            yield Observation(
                row.profile, decision.verdict, pair.kind.value, causes, is_wrong, HAND_WRITTEN_WEIGHT
            )


def estimate_error_rates(observations: Iterable[Observation]) -> ErrorTable:
    """Return the error rates of every profile, verdict and kind, and of the causes within them.

    A rate is the mean of a beta posterior: that of a cause leans on its kind under the profile, that of a
    kind on the rate assumed where nothing was measured.
    """
    groups: dict[tuple[str, Verdict, str], list[Observation]] = defaultdict(list)
    for seen in observations:
        groups[seen.profile, seen.verdict, seen.kind].append(seen)
    table: ErrorTable = {}
    for (profile, verdict, kind), members in sorted(groups.items()):
        found = table.setdefault(profile, {}).setdefault(verdict.value, {})
        whole = found[kind] = _estimate_rate(members, _PRIOR_RATES[verdict])
        choose = min if verdict is Verdict.MATERIAL else max
        found |= {f"{kind}/{cause}": entry for cause, entry in _rank_causes(members, whole["rate"], choose)}
    return table


def _rank_causes(
    members: Sequence[Observation], wider: float, choose: Callable[..., str]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the causes with their rates, the worst first, or of *material* verdicts the best.

    Each verdict counts for one cause alone: a harmless difference beside a doubtful one must not be blamed
    for it, and of two material ones the surer is enough.
    """
    remaining = list(members)
    while remaining:
        rates = {
            cause: _estimate_rate([seen for seen in remaining if cause in seen.causes], wider)
            for cause in sorted({cause for seen in remaining for cause in seen.causes})
        }
        chosen = choose(rates, key=lambda cause: rates[cause]["rate"])
        yield chosen, rates[chosen]
        remaining = [seen for seen in remaining if chosen not in seen.causes]


def _estimate_rate(members: Sequence[Observation], wider: float) -> dict[str, float]:
    """Return the rate with the pairs behind it: ``errors`` of ``n``, each counted once."""
    wrong, whole = sum(seen.weight for seen in members if seen.is_wrong), sum(seen.weight for seen in members)
    rate = (wrong + PRIOR_WEIGHT * wider) / (whole + PRIOR_WEIGHT)
    counts = {"errors": sum(seen.is_wrong for seen in members), "n": len(members)}
    return {**counts, "rate": round(min(max(rate, _MIN_RATE), _MAX_RATE), 5)}
