"""Errors of the compare path as problems: 400 for invalid names, 503 for a missing model."""

import json
from functools import partial
from importlib.resources import files
from typing import Any

import pytest
from redis import Redis
from rest_framework.exceptions import ValidationError

from accounts.api.problems import UnavailableError
from accounts.redis_client import call_redis
from matching.api.errors import translate_errors
from matching.compare import score_cache
from matching.engine import compare
from matching.engine.model.scorer import load_scorer


def test_a_model_that_does_not_fit_the_engine_is_our_fault() -> None:
    artefact = json.loads(files("matching.engine").joinpath("model", "model.json").read_bytes())
    artefact["schema"] = "of other features"
    with pytest.raises(UnavailableError), translate_errors():
        load_scorer(json.dumps(artefact).encode())


def test_an_empty_name_is_the_callers_fault() -> None:
    with pytest.raises(ValidationError), translate_errors():
        compare("", "Acme Ltd")


def test_a_score_that_somebody_else_put_into_the_store_is_not_believed() -> None:
    ours, other = score_cache.build_cache_key("a pair"), score_cache.build_cache_key("another pair")
    score_cache.write_score(ours, score_cache.CachedScore(0.25))
    assert score_cache.read_score(ours) == score_cache.CachedScore(0.25)
    kept: Any = call_redis(lambda store: store.get(ours))
    for forged in (b"0.99", b"rubbish", b"", b"\xff" * 80, kept[:-1] + b"9", kept):
        call_redis(partial(_put, other, forged))
        assert score_cache.read_score(other) is None


def _put(key: str, value: bytes, store: Redis) -> None:
    store.set(key, value)
