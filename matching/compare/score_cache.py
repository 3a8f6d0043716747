"""Scores of pairs seen before. Keys are digests, values are numbers: no name ever reaches the store.

Only what the model said is kept. Everything else in an answer follows from the two names and the rules, which
are read again, so a cached answer cannot differ from a fresh one. Without Redis every pair is scored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.encryption.crypto import DigestPurpose, compute_digest, sha256, verify_digest
from accounts.redis_client import RedisUnavailableError, call_redis
from matching.compare.metrics import CACHE_LOOKUPS
from matching.engine.types import Kind, Scorer, Thresholds

_SIGNATURE_LENGTH = 64
"""Characters of the signature before the score."""


@dataclass(frozen=True)
class CachedScore:
    """What the model said about a pair; ``None`` when the rules left it nothing to say."""

    probability: float | None


def build_cache_key(*parts: str) -> str:
    """Return where the score of a question is kept: profile, pair, model and rules all take part."""
    return f"lnc:score:{sha256('|'.join(parts).encode())}"


def read_score(key: str) -> CachedScore | None:
    """Return what this product kept under a key, or nothing: also for what somebody else put there."""
    try:
        found = call_redis(lambda store: store.get(key))
    except RedisUnavailableError:
        CACHE_LOOKUPS.labels("down").inc()
        return None
    kept = _verify_score(key, found) if isinstance(found, bytes) else None
    CACHE_LOOKUPS.labels("miss" if kept is None else "hit").inc()
    return kept


def write_score(key: str, kept: CachedScore) -> None:
    """Keep a score for a while; losing it costs time only."""
    text = json.dumps(kept.probability)
    value = _sign_score(key, text) + text
    try:
        call_redis(lambda store: store.set(key, value, ex=settings.PREDICTION_CACHE_SECONDS))
    except RedisUnavailableError:
        CACHE_LOOKUPS.labels("down").inc()


def _sign_score(key: str, text: str) -> str:
    """Return what ties a score to its question: whoever can write to the store must not decide answers."""
    return compute_digest(DigestPurpose.PAIR, "kept score", key, text)


def _verify_score(key: str, value: bytes) -> CachedScore | None:
    said = value.decode("ascii", "ignore")
    signature, text = said[:_SIGNATURE_LENGTH], said[_SIGNATURE_LENGTH:]
    if not verify_digest(DigestPurpose.PAIR, signature, "kept score", key, text):
        return None
    return CachedScore(json.loads(text))


class CachingScorer:
    """A scorer that repeats what it said before, or remembers what it says now.

    What it said before is looked up only when it is asked: most pairs are decided by rules alone.
    """

    def __init__(self, scorer: Scorer, look_up: Callable[[], CachedScore | None] = lambda: None) -> None:
        self._scorer = scorer
        self._look_up = look_up
        self.known_probability: float | None = None
        self.is_cache_hit = False

    @property
    def name(self) -> str:
        """Name of the model behind it."""
        return self._scorer.name

    @property
    def version(self) -> str:
        """Version of the model behind it."""
        return self._scorer.version

    def get_thresholds(self, kind: Kind) -> Thresholds:
        """Thresholds of the model behind it."""
        return self._scorer.get_thresholds(kind)

    def predict_probability(self, row: Sequence[float]) -> float:
        """Probability that the difference is material."""
        if self.known_probability is None:
            kept = self._look_up()
            self.is_cache_hit = kept is not None and kept.probability is not None
            self.known_probability = kept.probability if kept else None
        if self.known_probability is None:
            self.known_probability = self._scorer.predict_probability(row)
        return self.known_probability

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Probabilities of several rows; not remembered, because one pair has one row."""
        return self._scorer.predict_probabilities(rows)

    def compute_contributions(self, row: Sequence[float]) -> Mapping[str, float]:
        """What each feature adds; read from the model."""
        return self._scorer.compute_contributions(row)
