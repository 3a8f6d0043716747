"""The models that answer in this process: how an artefact becomes a scorer, and who holds the live ones."""

from __future__ import annotations

from functools import lru_cache

from matching import engine
from matching.engine import Scorer
from matching.engine.model.scorer import load_scorer
from matching.training import golden
from modelops.serving.loader import ModelLoader


def build_scorer(content: bytes) -> Scorer:
    """Turn an artefact into a warmed scorer. Raises ``ArtefactError`` if it does not fit this engine."""
    scorer = load_scorer(content)
    engine.compare("Warm Up Holdings, Inc.", "Warmup Holding LLC", scorer=scorer)
    return scorer


@lru_cache(maxsize=1)
def get_model_loader() -> ModelLoader[Scorer]:
    """Return this process's loader."""
    return ModelLoader(build_scorer, golden.check_golden_answers, engine.compute_schema_hash())
