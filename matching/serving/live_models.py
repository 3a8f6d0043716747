"""The live models of this process: building a scorer from an artefact, and the loader that holds them."""

from __future__ import annotations

from functools import lru_cache

from matching import engine
from matching.engine import Scorer
from matching.engine.model.scorer import load_scorer
from matching.training import golden
from modelops.serving.loader import ModelLoader


def build_scorer(content: bytes) -> Scorer:
    """Build a scorer from an artefact and run it once. Raises ``ArtefactError`` if it does not fit."""
    scorer = load_scorer(content)
    engine.compare("Warm Up Holdings, Inc.", "Warmup Holding LLC", scorer=scorer)
    return scorer


@lru_cache(maxsize=1)
def get_model_loader() -> ModelLoader[Scorer]:
    """Return the model loader of this process."""
    return ModelLoader(build_scorer, golden.check_golden_answers, engine.compute_schema_hash())
