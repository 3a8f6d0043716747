"""The threat model names tests that exist."""

import re
from pathlib import Path

from tests.project.test_house_rules import ROOT, functions, sources

MODEL = ROOT / "docs" / "threat-model.md"


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", MODEL.read_text(encoding="utf-8")))
    paths: list[Path] = list(sources("tests"))
    there = {node.name for path in paths for node in functions(path)}
    assert len(named) > 40
    assert named - there == set()
