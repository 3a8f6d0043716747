"""The models of the soak: the shipped one, a little bolder each time."""

import json
from importlib.resources import files

from matching.engine import CompiledScorer, load_default_scorer, load_scorer

STEP = 0.05
"""Log-odds by which each version is bolder than the one before."""


def build_bolder_model(number: int) -> bytes:
    """Return the artefact of a version that finds every pair a little more material than the shipped one."""
    shipped = json.loads(files("matching.engine").joinpath("model/model.json").read_bytes())
    shipped["version"] = str(number)
    shipped["model"]["baseline"] += STEP * number
    return json.dumps(shipped).encode()


def load_scorers(numbers: tuple[int, ...]) -> dict[str, CompiledScorer]:
    """Return the scorer of each version that was live, by the version that answers name."""
    scorers = [load_default_scorer(), *(load_scorer(build_bolder_model(number)) for number in numbers)]
    return {scorer.version: scorer for scorer in scorers}
