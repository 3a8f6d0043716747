"""Whatever the program stores of gates and trainings is read in German too."""

import json
from string import Formatter

import pytest
from django.utils import translation

from matching.engine.model.scorer import load_scorer
from matching.engine.types import ArtefactError
from modelops.language import show_sentence
from modelops.sentences import SENTENCES, TrainingSentence
from tests.models import compiled


def build_example(template: str, sentence: str = TrainingSentence.NO_CONDITION) -> str:
    """Fill a template: numbers by their format, sentences with a sentence, other parameters with a word."""
    values: dict[str, object] = {}
    for _, name, spec, _ in Formatter().parse(template):
        if name:
            is_sentence = name.endswith(("sentence", "sentences"))
            word = str(sentence) if is_sentence else "xyz"
            values[name] = 1_234 if spec and spec in ",d" else 1_234.5 if spec else word
    return template.format(**values)


def show_in_german(text: str) -> str:
    with translation.override("de"):
        return show_sentence(text)


@pytest.mark.parametrize("template", SENTENCES)
def test_every_sentence_is_shown_in_german(template: str) -> None:
    example = build_example(template)
    assert show_sentence(example) == example
    assert show_in_german(example) != example
    assert "1,234" not in show_in_german(example)


@pytest.mark.parametrize("change", [{"format": 99}, {"calibration": None}, {"schema": "0" * 64}])
def test_a_model_that_cannot_be_loaded_says_why_in_german(change: dict[str, object]) -> None:
    with pytest.raises(ArtefactError) as refusal:
        load_scorer(json.dumps({**json.loads(compiled("2", 0.0)), **change}).encode())
    assert "Modell" in show_in_german(str(refusal.value))
