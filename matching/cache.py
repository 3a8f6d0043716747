"""Scores of pairs seen before. Keys are digests, values are numbers: no name ever reaches the store.

Only what the model said is kept. Everything else in an answer follows from the two names and the rules, which
are read again, so a cached answer cannot differ from a fresh one. Without Redis every pair is scored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.crypto import Purpose, digest, matches, sha256
from accounts.store import StoreDownError, ask
from matching.engine.types import Kind, Scorer, Thresholds
from matching.metrics import CACHE

_SIGNED = 64
"""Characters of the signature before the score."""


@dataclass(frozen=True)
class Kept:
    """What the model said about a pair; ``None`` when the rules left it nothing to say."""

    probability: float | None


def cache_key(*parts: str) -> str:
    """Return where the score of a question is kept: profile, pair, model and rules all take part."""
    return f"lnc:score:{sha256('|'.join(parts).encode())}"


def read(key: str) -> Kept | None:
    """Return what this product kept under a key, or nothing: also for what somebody else put there."""
    try:
        found = ask(lambda store: store.get(key))
    except StoreDownError:
        CACHE.labels("down").inc()
        return None
    kept = _opened(key, found) if isinstance(found, bytes) else None
    CACHE.labels("miss" if kept is None else "hit").inc()
    return kept


def write(key: str, kept: Kept) -> None:
    """Keep a score for a while; losing it costs time only."""
    text = json.dumps(kept.probability)
    value = _signature(key, text) + text
    try:
        ask(lambda store: store.set(key, value, ex=settings.PREDICTION_CACHE_SECONDS))
    except StoreDownError:
        CACHE.labels("down").inc()


def _signature(key: str, text: str) -> str:
    """Return what ties a score to its question: whoever can write to the store must not decide answers."""
    return digest(Purpose.PAIR, "kept score", key, text)


def _opened(key: str, value: bytes) -> Kept | None:
    said = value.decode("ascii", "ignore")
    signature, text = said[:_SIGNED], said[_SIGNED:]
    if not matches(Purpose.PAIR, signature, "kept score", key, text):
        return None
    return Kept(json.loads(text))


class RememberingScorer:
    """A scorer that repeats what it said before, or remembers what it says now.

    What it said before is looked up only when it is asked: most pairs are decided by rules alone.
    """

    def __init__(self, scorer: Scorer, look_up: Callable[[], Kept | None] = lambda: None) -> None:
        self._scorer = scorer
        self._look_up = look_up
        self.said: float | None = None
        self.repeats = False

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
        return self._scorer.get_thresholds(kind)

    def probability(self, row: Sequence[float]) -> float:
        """Probability that the difference is material."""
        if self.said is None:
            kept = self._look_up()
            self.repeats = kept is not None and kept.probability is not None
            self.said = kept.probability if kept else None
        if self.said is None:
            self.said = self._scorer.predict_probability(row)
        return self.said

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Probabilities of several rows; not remembered, because one pair has one row."""
        return self._scorer.predict_probabilities(rows)

    def contributions(self, row: Sequence[float]) -> Mapping[str, float]:
        """What each feature adds; read from the model."""
        return self._scorer.compute_contributions(row)
