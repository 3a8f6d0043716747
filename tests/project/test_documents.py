"""The documents name modules, classes and files that exist."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.project.test_house_rules import ROOT

APPS = "accounts|analytics|experiments|feedback|matching|matters|modelops|notifications|webhooks"
DOTTED = re.compile(rf"`((?:{APPS})(?:\.\w+)+)`")
PATHS = re.compile(rf"`((?:{APPS}|config|docs|tests)/[\w./-]+)`")


def resolve(name: str) -> Any:
    """The module, class or function that a dotted name stands for."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            target: Any = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            target = getattr(target, part)
        return target
    raise LookupError(name)


@pytest.mark.parametrize("page", ["docs/glossary.md", "docs/architecture.md", "CONTRIBUTING.md"])
def test_a_document_names_only_what_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    names, paths = set(DOTTED.findall(text)), set(PATHS.findall(text))
    assert names or paths
    assert [name for name in sorted(names) if resolve(name) is None] == []
    assert [path for path in sorted(paths) if not (ROOT / Path(path)).exists()] == []
