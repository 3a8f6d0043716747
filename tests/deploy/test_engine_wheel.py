"""The build of the compiled engine: it says plainly what it lacks, and leaves some modules Python."""

import os
import subprocess
import sys

from deploy.engine.build import INTERPRETED_MODULES
from matching.engine.execution import SOURCE_DIRECTORY
from tests.project.test_house_rules import ROOT


def test_without_a_compiler_one_line_says_which_engine_runs_and_how_to_get_the_other() -> None:
    command = [sys.executable, "-m", "deploy.engine.build"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The interpreted engine runs: there is no C compiler")
    assert done.stderr.endswith("make compile\n")
    assert done.stderr.count("\n") == 1


def test_every_module_that_stays_interpreted_exists() -> None:
    assert [name for name in INTERPRETED_MODULES if not (SOURCE_DIRECTORY / name).is_file()] == []
