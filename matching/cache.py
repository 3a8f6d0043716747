"""Scores of pairs seen before. Keys are digests, values are numbers: no name ever reaches the store.

Only what the model said is kept. Everything else in an answer follows from the two names and the rules, which
are read again, so a cached answer cannot differ from a fresh one. Without Redis every pair is scored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.crypto import sha256
from accounts.store import StoreDownError, ask
from matching.engine.types import Kind, Scorer, Thresholds
from matching.metrics import CACHE


@dataclass(frozen=True)
class Kept:
    """What the model said about a pair; ``None`` when the rules left it nothing to say."""

    probability: float | None


def cache_key(*parts: str) -> str:
    """Return where the score of a question is kept: profile, pair, model and rules all take part."""
    return f"lnc:score:{sha256('|'.join(parts).encode())}"


def read(key: str) -> Kept | None:
    """Return what is kept under a key, or nothing."""
    try:
        found = ask(lambda store: store.get(key))
    except StoreDownError:
        CACHE.labels("down").inc()
        return None
    CACHE.labels("miss" if found is None else "hit").inc()
    return None if found is None else Kept(json.loads(found))


def write(key: str, kept: Kept) -> None:
    """Keep a score for a while; losing it costs time only."""
    try:
        ask(lambda store: store.set(key, json.dumps(kept.probability), ex=settings.PREDICTION_CACHE_SECONDS))
    except StoreDownError:
        CACHE.labels("down").inc()


class RememberingScorer:
    """A scorer that repeats what it said before, or remembers what it says now."""

    def __init__(self, scorer: Scorer, kept: Kept | None) -> None:
        self._scorer = scorer
        self.said = kept.probability if kept else None

    @property
    def name(self) -> str:
        """Name of the model behind it."""
        return self._scorer.name

    @property
    def version(self) -> str:
        """Version of the model behind it."""
        return self._scorer.version

    def thresholds(self, kind: Kind) -> Thresholds:
        """Thresholds of the model behind it."""
        return self._scorer.thresholds(kind)

    def probability(self, row: Sequence[float]) -> float:
        """Probability that the difference is material."""
        if self.said is None:
            self.said = self._scorer.probability(row)
        return self.said

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Probabilities of several rows; not remembered, because one pair has one row."""
        return self._scorer.probabilities(rows)

    def contributions(self, row: Sequence[float]) -> Mapping[str, float]:
        """What each feature adds; read from the model."""
        return self._scorer.contributions(row)
