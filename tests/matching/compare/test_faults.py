"""Errors of the compare path as problems: 400 for invalid names, 503 for a missing model."""

import json
from importlib.resources import files

import pytest
from rest_framework.exceptions import ValidationError

from accounts.api.problems import UnavailableError
from matching.api.errors import translate_errors
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
