"""``python -m deploy.engine.build [FOLDER]``: ``legal-names-engine-native``, the engine compiled by mypyc.

Needs a C compiler, Python's headers, and mypy, whose part mypyc is. Without a compiler of the system, that of
the package ``ziglang`` serves where it is installed. A wheel in the folder that the same source, program and
tools have made is left as it is: deleting it makes it anew.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from importlib.metadata import version as find_version
from importlib.util import find_spec
from pathlib import Path

from matching.engine.execution import (
    DIGEST_FILE,
    NATIVE_LIBRARY,
    NATIVE_PACKAGE,
    SOURCE_DIRECTORY,
    compute_source_digest,
)

INTERPRETED_MODULES = (
    "__init__.py",             # packages
    "execution.py",            # decides whether compiled modules are loaded
    "types.py",                # exceptions, protocols and frozen records with slots, made for callers
    "results.py",              # records for callers
    "profiles.py",             # frozen records with slots, read once from files
    "authorities.py",          # the same
    "legal_forms/registry.py",  # frozen records with slots, read once from files
    "model/forest.py",         # numpy, and properties computed once, which compiled classes compute each time
    "model/scorer.py",         # numpy
)  # fmt: skip
"""What stays Python in the compiled engine, and why."""
SECONDS_BETWEEN_SIGNS = 10
RECIPE_FILE = "recipe.sha256"
"""Beside a wheel: the digest of what it was made of."""
_WHEELS = "legal_names_engine_native-*.whl"
_FLAGS = ["-O1", "-g0", "-DNDEBUG", "-fwrapv", "-ffp-contract=off", "-fno-semantic-interposition"]
"""No fused multiply-add, which changes last digits; no processor is named, so any of the platform will do.

They replace Python's own flags, of which two are needed: ``-fwrapv``, and ``-DNDEBUG``, without which checks
of C cost time and put the paths of this machine into the library.
"""
_ZIG_TARGET = f"-target {platform.machine()}-linux-gnu.2.17 -mcpu=baseline"
"""The C library of manylinux_2_17, whose symbols every later one has, and no processor in particular."""
_COMPILE_SCRIPT = """
import sys
from setuptools import setup
from mypyc.build import mypycify
setup(
    name="engine", packages=[], script_args=["build_ext", "--build-lib", "built"],
    ext_modules=mypycify(
        ["--config-file=mypy.ini", *sys.argv[1:]], opt_level="1", debug_level="0", group_name={group!r}
    ),
)
"""
_MYPY_SETTINGS = "[mypy]\nstrict = true\nignore_missing_imports = true\nfollow_imports = silent\n"
_WHEEL_SCRIPT = """
from setuptools import Distribution, setup

class BinaryDistribution(Distribution):
    def has_ext_modules(self): return True

setup(
    name="legal-names-engine-native", version={version!r}, distclass=BinaryDistribution,
    description="The comparison engine of legal-name-comparison as machine code",
    python_requires=">=3.11,<3.12", packages=[{package!r}], include_package_data=False,
    package_data={{{package!r}: ["**/*", "*"]}}, options={{"bdist_wheel": {{}}}},
)
"""


def explain_missing_tools() -> str:
    """Return in one line what is missing to compile, an empty string where nothing is."""
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's headers are missing (Debian: python3.11-dev)"
    if not find_compiler():
        return "there is no C compiler (Debian: gcc; or `pip install ziglang`)"
    return "" if find_spec("mypyc") else "mypy is missing (make setup)"


def find_compiler() -> str:
    """Return the command of the C compiler, an empty string where there is none."""
    if found := shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang"):
        return found
    return f"{sys.executable} -m ziglang cc {_ZIG_TARGET}" if find_spec("ziglang") else ""


def compute_recipe_digest(version: str) -> str:
    """Return the SHA-256 over all that decides what a wheel holds: source, this program, and the tools."""
    command = [*shlex.split(find_compiler()), "--version"]
    compiler = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    tools = (compiler, sys.version, find_version("mypy"), find_version("librt"))
    parts = (version, compute_source_digest(), Path(__file__).read_text(encoding="utf-8"), *tools)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def find_wheel(target: Path, recipe: str) -> Path | None:
    """Return the wheel in ``target`` of this recipe; delete one of another: there is never a second."""
    note = target / RECIPE_FILE
    wheel = next(target.glob(_WHEELS), None)
    if wheel and note.is_file() and note.read_text(encoding="ascii") == recipe:
        return wheel
    for outdated in (note, *target.glob(_WHEELS)):
        outdated.unlink(missing_ok=True)
    return None


def build_wheel(target: Path, work: Path, version: str) -> Path:
    """Compile the engine into a wheel in ``target`` and return its path; ``work`` is emptied first."""
    shutil.rmtree(work, ignore_errors=True)
    digest = compute_source_digest()
    source = work / "matching" / "engine"
    shutil.copytree(SOURCE_DIRECTORY, source, ignore=shutil.ignore_patterns("__pycache__", "data", "*.json"))
    (work / "matching" / "__init__.py").touch()
    compiled = [
        path for path in sorted(source.rglob("*.py")) if not _stays_interpreted(path.relative_to(source))
    ]
    _compile(work, [str(path.relative_to(work)) for path in compiled])
    package = _assemble_package(work, source, compiled)
    (package / DIGEST_FILE).write_text(digest, encoding="ascii")
    return _pack(package, target, version)


def _stays_interpreted(path: Path) -> bool:
    return path.name == "__init__.py" or path.as_posix() in INTERPRETED_MODULES


def _compile(work: Path, files: list[str]) -> None:
    (work / "mypy.ini").write_text(_MYPY_SETTINGS, encoding="ascii")
    (work / "setup.py").write_text(_COMPILE_SCRIPT.format(group=NATIVE_PACKAGE), encoding="ascii")
    flags = " ".join(_FLAGS)
    compiler = find_compiler()
    # Python's own command to link may name the folder of this machine's Python, which is on no other.
    linker = {"LDSHARED": f"{compiler} -shared"} if sys.platform == "linux" else {}
    environment = {**os.environ, **linker, "CC": compiler, "CFLAGS": flags, "LDFLAGS": "-s", "PYTHONPATH": ""}
    _run_with_signs([sys.executable, "setup.py", *files], work, environment)


def _run_with_signs(command: list[str], work: Path, environment: dict[str, str]) -> None:
    """Run a command and say now and then that it still runs. Raises ``SystemExit`` with its last words."""
    started, log = time.monotonic(), work / "build.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=output, stderr=output)
        while process.poll() is None:
            try:
                process.wait(SECONDS_BETWEEN_SIGNS)
            except subprocess.TimeoutExpired:
                print(f"    compiling the engine, {time.monotonic() - started:.0f} s", flush=True)
    if process.returncode:
        raise SystemExit(f"The engine could not be compiled:\n{log.read_text(errors='replace')[-2_000:]}")


def _assemble_package(work: Path, source: Path, compiled: list[Path]) -> Path:
    """Return the folder of the package: machine code, and Python for what stays interpreted."""
    package = work / "package" / NATIVE_PACKAGE
    shutil.copytree(source, package / "engine")
    for path in compiled:
        (package / "engine" / path.relative_to(source)).unlink()
    shutil.copytree(work / "built" / "matching" / "engine", package / "engine", dirs_exist_ok=True)
    shutil.copy(next((work / "built").glob(f"{NATIVE_LIBRARY}.*")), package)
    (package / "__init__.py").write_text('"""The comparison engine as machine code."""\n', encoding="ascii")
    return package


def _pack(package: Path, target: Path, version: str) -> Path:
    script = _WHEEL_SCRIPT.format(version=version, package=NATIVE_PACKAGE)
    (package.parent / "setup.py").write_text(script, encoding="ascii")
    command = [sys.executable, "setup.py", "-q", "bdist_wheel", "--dist-dir", str(target.resolve())]
    _run_with_signs(command, package.parent, {**os.environ, "PYTHONPATH": ""})
    return next(target.glob(_WHEELS))


def main() -> None:
    """Build the wheel into the folder named on the command line, ``dist`` by default."""
    missing = explain_missing_tools()
    if missing:
        raise SystemExit(f"The interpreted engine runs: {missing}. Then: make compile")
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    target.mkdir(parents=True, exist_ok=True)
    version = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    recipe = compute_recipe_digest(version)
    if wheel := find_wheel(target, recipe):
        print(f"{wheel} was made of this source")
        return
    print("==> Compiling the engine: one or two minutes on a quiet machine", flush=True)
    print(build_wheel(target, Path("var/engine-build"), version))
    (target / RECIPE_FILE).write_text(recipe, encoding="ascii")


if __name__ == "__main__":
    main()
