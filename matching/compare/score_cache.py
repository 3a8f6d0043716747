"""Cache of model probabilities in Redis. Keys are digests and values are numbers: no name reaches Redis.

Only the probability is cached. Everything else in a result follows from the two names and the rules and is
computed again, so a result with a cached probability equals a fresh one. Without Redis every pair is scored.
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
"""Characters of the signature, which stands before the probability."""


@dataclass(frozen=True)
class CachedScore:
    """The model's probability that the difference is material; ``None`` when it gave none."""

    probability: float | None


def build_cache_key(*parts: str) -> str:
    """Return the Redis key of a score: a digest of model, rules, pair, profile, kind and context."""
    return f"lnc:score:{sha256('|'.join(parts).encode())}"


def read_score(key: str) -> CachedScore | None:
    """Return the score under a key; ``None`` without one, or when its signature is not valid."""
    try:
        value = call_redis(lambda store: store.get(key))
    except RedisUnavailableError:
        CACHE_LOOKUPS.labels("down").inc()
        return None
    score = _verify_score(key, value) if isinstance(value, bytes) else None
    CACHE_LOOKUPS.labels("miss" if score is None else "hit").inc()
    return score


def write_score(key: str, score: CachedScore) -> None:
    """Write a signed score, which expires after ``PREDICTION_CACHE_SECONDS``; do nothing without Redis."""
    text = json.dumps(score.probability)
    value = _sign_score(key, text) + text
    try:
        call_redis(lambda store: store.set(key, value, ex=settings.PREDICTION_CACHE_SECONDS))
    except RedisUnavailableError:
        CACHE_LOOKUPS.labels("down").inc()


def _sign_score(key: str, text: str) -> str:
    """Return the keyed digest of a score and its key: write access to Redis must not change verdicts."""
    return compute_digest(DigestPurpose.PAIR, "kept score", key, text)


def _verify_score(key: str, value: bytes) -> CachedScore | None:
    content = value.decode("ascii", "ignore")
    signature, text = content[:_SIGNATURE_LENGTH], content[_SIGNATURE_LENGTH:]
    if not verify_digest(DigestPurpose.PAIR, signature, "kept score", key, text):
        return None
    return CachedScore(json.loads(text))


class CachingScorer:
    """A scorer for one pair that returns a cached probability, or computes one and keeps it.

    ``look_up`` is called only when the probability is needed: the rules alone decide most pairs.
    """

    def __init__(self, scorer: Scorer, look_up: Callable[[], CachedScore | None] = lambda: None) -> None:
        self._scorer = scorer
        self._look_up = look_up
        self.known_probability: float | None = None
        self.is_cache_hit = False

    @property
    def name(self) -> str:
        """Name of the wrapped model."""
        return self._scorer.name

    @property
    def version(self) -> str:
        """Version of the wrapped model."""
        return self._scorer.version

    def get_thresholds(self, kind: Kind) -> Thresholds:
        """Return the thresholds of the wrapped model."""
        return self._scorer.get_thresholds(kind)

    def predict_probability(self, row: Sequence[float]) -> float:
        """Return the probability that the difference is material, cached where possible."""
        if self.known_probability is None:
            score = self._look_up()
            self.is_cache_hit = score is not None and score.probability is not None
            self.known_probability = score.probability if score else None
        if self.known_probability is None:
            self.known_probability = self._scorer.predict_probability(row)
        return self.known_probability

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the probabilities of several rows from the wrapped model; they are not cached."""
        return self._scorer.predict_probabilities(rows)

    def compute_contributions(self, row: Sequence[float]) -> Mapping[str, float]:
        """Return what each feature adds in log-odds, from the wrapped model."""
        return self._scorer.compute_contributions(row)
