"""Working an answer out: everything of it that follows from the question, the model and the rules alone."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from django.conf import settings

from matching import cache, engine, metrics
from matching.engine import Comparison, Context, Scorer
from matching.observation import Observed, observed
from matching.pairs import pair_digest
from matching.questions import Question
from matching.recall import Recall
from modelops.serving.loader import Served

_MOST = 1_000
"""Answers a process recalls: about 20 MB."""


@dataclass(frozen=True)
class Worked:
    """A comparison and what its row keeps of it. Shared between requests: never changed."""

    comparison: Comparison
    words: dict[str, Any]
    text: str
    differences: list[dict[str, Any]]
    watched: Observed
    pair_digest: str


recall: Recall[tuple[Worked, bool]] = Recall(_MOST)


def worked_out(served: Served[Scorer], question: Question) -> tuple[Worked, bool]:
    """Return the answer of a version, and whether anything of it was known before. Raises ``EngineError``."""
    life = settings.PREDICTION_CACHE_SECONDS
    (worked, scored), near = recall.get(_key(served, question), lambda: _afresh(served, question), life)
    if near:
        metrics.CACHE.labels("near").inc()
    return worked, near or scored


def _key(served: Served[Scorer], question: Question) -> Hashable:
    """Everything that can change the answer, to the letter."""
    said = context_text(question.context)
    return (served.sha256, question.name1, question.name2, question.profile, question.kind, said)


def _afresh(served: Served[Scorer], question: Question) -> tuple[Worked, bool]:
    """Compare, with the model's word from the store where it was asked before."""
    digest = pair_digest(question.name1, question.name2)

    def key() -> str:
        return cache.cache_key(served.sha256, engine.RULES_VERSION, _digest_of(question, digest))

    scorer = cache.RememberingScorer(served.scorer, lambda: cache.read(key()))
    found = engine.compare(
        question.name1, question.name2, question.profile, question.kind, question.context, scorer
    )
    if scorer.said is not None and not scorer.repeats:
        cache.write(key(), cache.Kept(scorer.said))
    return of_comparison(found, digest), scorer.repeats


def of_comparison(comparison: Comparison, digest: str) -> Worked:
    """Return a comparison with what its row keeps of it."""
    whole = comparison.to_dict()
    words = words_of(whole)
    return Worked(
        comparison,
        words,
        orjson.dumps(words).decode(),
        [_without_text(difference) for difference in whole["differences"]],
        observed(comparison),
        digest,
    )


_QUOTING = ("text1", "text2", "explanation")
_SENTENCES = ("reason", "missing_fact", "left", "right", "steps", "notes", "contributions", "decided_by")


def words_of(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an answer that may quote the names: stored encrypted, shown again unchanged."""
    differences = [{key: item[key] for key in _QUOTING} for item in whole["differences"]]
    return {**{key: whole[key] for key in _SENTENCES}, "differences": differences}


def _without_text(difference: dict[str, Any]) -> dict[str, Any]:
    """Drop from a difference whatever may quote a name."""
    return {key: value for key, value in difference.items() if key not in _QUOTING}


def _digest_of(question: Question, digest: str) -> str:
    """Return the digest of everything that can change what the model says."""
    said = context_text(question.context)
    return "|".join((digest, question.profile, question.kind, pair_digest(said, "")))


def context_text(context: Context) -> str:
    """Return what is known about the names as JSON; nothing as an empty text."""
    return "" if context == Context() else json.dumps(asdict(context), sort_keys=True)
