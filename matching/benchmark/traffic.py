"""Realistic traffic: how often each sort of difference occurs among the pairs that people ask about.

The shares are an estimate, written down before anything was measured on them. Seven pairs in ten are one
name written in two ways, mostly in case, punctuation and legal form; three in ten are two names, most of
which resemble each other. Equal names, which nobody needs to ask about, are left out. The pairs are
constructed from a seed that training does not use.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from matching.engine import PROFILE_IDS, Score, Verdict
from matching.training.dataset import score_pairs
from matching.training.synthetic import LabelledPair, generate_pairs

TrafficMix = dict[tuple[str, bool], float]
"""Per cent of the pairs by category of the (first) difference and whether the names are two."""

SAME, OTHER = False, True

ORGANISATION_MIX: TrafficMix = {
    ("O01", SAME): 18.0,
    ("O02", SAME): 2.0,
    ("O03", SAME): 5.0,
    ("O04", SAME): 3.0,
    ("O06", SAME): 2.0,
    ("O07", SAME): 3.0,
    ("O08", SAME): 20.0,
    ("O09", SAME): 2.0,
    ("O11", SAME): 3.0,
    ("O15", SAME): 4.0,
    ("O17", SAME): 3.0,
    ("O18", SAME): 3.0,
    ("O21", SAME): 1.0,
    ("O29", SAME): 1.0,
    ("O36", SAME): 1.0,
    ("O40", SAME): 1.0,
    ("O10", OTHER): 4.0,
    ("O13", OTHER): 1.0,
    ("O18", OTHER): 1.5,
    ("O20", OTHER): 4.0,
    ("O22", OTHER): 2.0,
    ("O24", OTHER): 3.0,
    ("O25", OTHER): 5.0,
    ("O26", OTHER): 6.0,
    ("O32", OTHER): 1.0,
    ("O36", OTHER): 0.5,
}

PERSON_MIX: TrafficMix = {
    ("I01", SAME): 10.0,
    ("I02", SAME): 4.0,
    ("I03", SAME): 14.0,
    ("I04", SAME): 1.0,
    ("I05", SAME): 10.0,
    ("I06", SAME): 8.0,
    ("I08", SAME): 3.0,
    ("I09", SAME): 2.0,
    ("I10", SAME): 3.0,
    ("I13", SAME): 1.0,
    ("I14", SAME): 5.0,
    ("I16", SAME): 1.0,
    ("I17", SAME): 1.0,
    ("I18", SAME): 2.0,
    ("I19", SAME): 1.0,
    ("I20", SAME): 4.0,
    ("I22", SAME): 1.0,
    ("I07", OTHER): 5.0,
    ("I11", OTHER): 14.0,
    ("I12", OTHER): 3.0,
    ("I15", OTHER): 5.0,
    ("I17", OTHER): 1.0,
    ("I19", OTHER): 1.0,
}

_SEED = 4_711
_CORPUS = 60_000


def sample_traffic(mix: TrafficMix, size: int) -> list[LabelledPair]:
    """Return about ``size`` pairs in the shares of a mix, the same ones every time."""
    dice, pools = random.Random(_SEED), defaultdict(list)  # noqa: S311 - a sample
    for pair in generate_pairs(_SEED, _CORPUS):
        pools[pair.category.split("+")[0], pair.material].append(pair)
    whole = sum(mix.values())
    counts = {key: round(size * share / whole) for key, share in mix.items()}
    return [pair for key, n in counts.items() for pair in dice.choices(pools[key], k=n)]


REVIEW_TARGETS = {
    ("organisation", "general"): 0.06,
    ("organisation", "kyc"): 0.10,
    ("organisation", "contract"): 0.03,
    ("organisation", "lc"): 0.08,
    ("organisation", "ucc"): 0.15,
    ("individual", "general"): 0.12,
    ("individual", "kyc"): 0.25,
    ("individual", "sanctions"): 0.20,
    ("individual", "ucc"): 0.20,
}
"""Review share aimed at, by kind and profile."""


def report_review_load(size: int = 3_000) -> Iterator[str]:
    """Yield the lines of the report: the share of realistic traffic that goes to a person."""
    yield "## Review load on realistic traffic\n"
    yield f"About {size:,} constructed pairs of each kind in the shares of `matching/benchmark/traffic.py`."
    yield "*Missed*: two names answered *immaterial*; a profile that judges texts may be right to do so.\n"
    yield "| kind | profile | review | aimed at | missed | most reviews come from |"
    yield "|---|---|---|---|---|---|"
    for kind, mix in (("organisation", ORGANISATION_MIX), ("individual", PERSON_MIX)):
        pairs = sample_traffic(mix, size)
        for profile in PROFILE_IDS:
            yield _report_load(kind, profile, pairs)
    yield ""


def _report_load(kind: str, profile: str, pairs: Sequence[LabelledPair]) -> str:
    scores = zip(pairs, score_pairs(pairs, profile), strict=True)
    scored = [(pair, score) for pair, score in scores if isinstance(score, Score)]
    sent = Counter(pair.category.split("+")[0] for pair, score in scored if score.verdict is Verdict.REVIEW)
    missed = sum(pair.material and score.verdict is Verdict.IMMATERIAL for pair, score in scored)
    target = REVIEW_TARGETS.get((kind, profile))
    aimed = "-" if target is None else f"at most {target:.0%}"
    sources = ", ".join(f"{category} {n / len(scored):.1%}" for category, n in sent.most_common(4))
    return f"| {kind} | {profile} | {sent.total() / len(scored):.1%} | {aimed} | {missed} | {sources} |"
