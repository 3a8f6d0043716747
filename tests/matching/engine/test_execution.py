"""Which engine runs, and that a compiled one answers as its source does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from matching.engine import execution
from tests.matching.engine.answers import compute_digests, list_corpus_pairs

ROOT = Path(__file__).parents[3]
SAY = "from matching.engine import EXECUTION; print(EXECUTION)"
LIBRARY = execution.NATIVE_LIBRARY + sysconfig.get_config_var("EXT_SUFFIX")


def run(code: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """A compiled package of this very source, found before an installed one, with a library that is none."""
    folder = tmp_path / execution.NATIVE_PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / execution.DIGEST_FILE).write_text(execution.compute_source_digest(), encoding="ascii")
    (folder / LIBRARY).write_bytes(b"made for another machine")
    return folder


def test_answers_are_those_of_the_interpreted_source() -> None:
    code = (
        "import json; from tests.matching.engine.answers import compute_digests, list_corpus_pairs; "
        "print(json.dumps(compute_digests(list_corpus_pairs())))"
    )
    interpreted = json.loads(run(code, LEGAL_NAMES_ENGINE="interpreted", PYTHONHASHSEED="1"))
    assert compute_digests(list_corpus_pairs()) == interpreted


def test_a_compiled_engine_can_be_left_aside() -> None:
    assert run(SAY, LEGAL_NAMES_ENGINE="interpreted") == "interpreted"


def test_machine_code_that_does_not_load_leaves_the_source_to_answer(native: Path) -> None:
    assert run(SAY, PYTHONPATH=str(native.parent)) == "interpreted"


def test_machine_code_of_another_source_is_not_even_loaded(native: Path) -> None:
    (native / execution.DIGEST_FILE).write_text("0" * 64, encoding="ascii")
    (native / LIBRARY).unlink()
    code = f"{SAY}; import sys; print({execution.NATIVE_LIBRARY!r} in sys.modules)"
    assert run(code, PYTHONPATH=str(native.parent)).split() == ["interpreted", "False"]


def test_a_package_that_does_not_say_what_it_was_made_from_leaves_the_source_to_answer(native: Path) -> None:
    (native / execution.DIGEST_FILE).unlink()
    assert run(SAY, PYTHONPATH=str(native.parent)) == "interpreted"


@pytest.mark.parametrize("change", ["rename", "edit", "add"])
def test_any_change_of_the_source_is_another_source(tmp_path: Path, change: str) -> None:
    (tmp_path / "text").mkdir()
    module = tmp_path / "text" / "words.py"
    module.write_text("LIMIT = 1\n", encoding="utf-8")
    before = execution.compute_source_digest(tmp_path)
    if change == "rename":
        module.rename(tmp_path / "text" / "sentences.py")
    else:
        (module if change == "edit" else tmp_path / "more.py").write_text("LIMIT = 2\n", encoding="utf-8")
    assert execution.compute_source_digest(tmp_path) != before
