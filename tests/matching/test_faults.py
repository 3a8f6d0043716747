"""What keeps a question from being answered is told apart: the caller's fault, or ours."""

import json
from importlib.resources import files

import pytest
from rest_framework.exceptions import ValidationError

from accounts.problems import UnavailableError
from matching.engine import compare
from matching.engine.scorer import load_scorer
from matching.views import faults_as_problems


def test_a_model_that_does_not_fit_the_engine_is_our_fault() -> None:
    artefact = json.loads(files("matching.engine").joinpath("model", "model.json").read_bytes())
    artefact["schema"] = "of other features"
    with pytest.raises(UnavailableError), faults_as_problems():
        load_scorer(json.dumps(artefact).encode())


def test_an_empty_name_is_the_callers_fault() -> None:
    with pytest.raises(ValidationError), faults_as_problems():
        compare("", "Acme Ltd")
