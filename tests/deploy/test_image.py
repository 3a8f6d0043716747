"""What images hold and run as, read from their files; `make test-containers` builds and runs them."""

import os
import re
import subprocess
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

from tests.project.test_house_rules import PACKAGES, ROOT

IMAGE = ROOT / "deploy" / "image"
CONTAINERFILE = (IMAGE / "Containerfile").read_text()
INSTRUCTIONS = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.M)).splitlines()


def stages() -> dict[str, list[str]]:
    """Instructions of each stage, by its name."""
    found: dict[str, list[str]] = {}
    for line in INSTRUCTIONS:
        if line.startswith("FROM "):
            name = line.split()[-1]
            found[name] = []
        if found:
            found[name] += [line.strip()] if line.strip() else []
    return found


def test_every_stage_stands_on_the_base_that_the_builder_names() -> None:
    sources = {line.split()[1] for line in INSTRUCTIONS if line.startswith("FROM ")}
    assert sources - set(stages()) == {"${BASE}"}
    assert "ARG BASE" in INSTRUCTIONS  # without a default


def test_both_images_run_as_user_1000_through_the_entry_points() -> None:
    runtime = stages()["runtime"]
    assert runtime[-2:] == [
        "USER 1000:1000",
        'ENTRYPOINT ["/app/venv/bin/python", "-m", "config.process.start"]',
    ]
    for name in ("web", "worker"):
        image = stages()[name]
        assert image[0] == f"FROM runtime AS {name}"
        assert image[-1] == f'CMD ["{name}"]'
        assert any(line.startswith("HEALTHCHECK") and f'"{name}"]' in line for line in image)
        assert not [line for line in image if line.startswith(("RUN", "USER"))]
    assert "EXPOSE 5001" in stages()["web"]


def test_the_compiler_stays_where_packages_are_built() -> None:
    with_compiler = {name for name, lines in stages().items() if any("gcc" in line for line in lines)}
    assert with_compiler == {"build"}


def test_the_program_in_an_image_is_compiled_and_its_compiler_is_not_in_it() -> None:
    assert stages()["engine"][0] == "FROM web-untrimmed AS engine"
    taken = [line for lines in stages().values() for line in lines if "--from=engine" in line]
    assert taken == ["COPY --from=engine /engine/legal_names_engine legal_names_engine"]
    assert 'assert mode == "compiled"' in stages()["program"][-1]


def test_what_compiles_is_installed_with_all_that_it_needs() -> None:
    named = re.search(r"keep = /\^\(([^)]*)\)==/", CONTAINERFILE)
    assert named
    installed = {
        *named[1].split("|"),
        *re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-web.lock").read_text(), re.M),
    }
    needed = {Requirement(line) for name in ("mypy", "setuptools") for line in requires(name) or []}
    names = {
        one.name.replace("_", "-")
        for one in needed
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }
    assert {"mypy", "setuptools", *names} <= installed


def test_no_secret_is_given_to_a_build_or_kept_in_an_image() -> None:
    named = re.findall(r"^(?:ARG|ENV) .*", CONTAINERFILE, re.M)
    assert [line for line in named if re.search(r"KEY|SECRET|PASSWORD|TOKEN|PEPPER", line)] == []


def test_the_web_image_is_built_from_the_lock_of_web_processes() -> None:
    assert "COPY --from=worker-packages /app/venv venv" in stages()["worker"]
    assert [
        name for name, lines in stages().items() if any("requirements.lock" in line for line in lines)
    ] == ["worker-packages"]


def test_an_image_gets_the_program_and_nothing_else_of_the_repository() -> None:
    lines = (IMAGE / "Containerfile.dockerignore").read_text().splitlines()
    admitted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    program = {*PACKAGES, "locale", "templates", "manage.py", "pyproject.toml", "LICENSE"}
    locks = {f"requirements{name}.lock" for name in ("", "-web", "-dev")}
    assert admitted == {*program, *locks, "deploy/image/trim", "deploy/__init__.py", "deploy/engine"}
    built = stages()["program"][-1]
    assert built.endswith("rm -rf deploy requirements-dev.lock")  # of use to the builder only
    assert lines[1] == "*"
    assert all((ROOT / name).exists() for name in admitted)


def run_script(name: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [f"deploy/bin/{name}", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_image_that_does_not_exist_is_not_built() -> None:
    done = run_script("build", "server", TOOL="false", BASE="a base")
    assert (done.returncode, done.stderr) == (2, "deploy/bin/build: there is no image server.\n")


def test_a_base_that_cannot_be_pulled_is_one_sentence_with_the_way_out() -> None:
    done = run_script("build", "web", TOOL="false")
    assert done.returncode == 1
    assert done.stderr.endswith("cannot be pulled; set BASE, for example BASE=$(deploy/bin/base).\n")


def test_every_script_of_operators_is_executable_and_says_what_it_does() -> None:
    for path in (ROOT / "deploy" / "bin").iterdir():
        assert os.access(path, os.X_OK), path
        assert re.match(r"#!/bin/sh\n# [A-Z]\w+|#!/bin/sh\n# deploy/bin/", path.read_text()), path


def test_a_script_that_uses_the_environment_makes_it_first() -> None:
    for path in (ROOT / "deploy" / "bin").iterdir():
        made, used, _ = path.read_text().partition(".venv/bin/")
        assert not used or "\nmake --no-print-directory " in made, path


def test_the_pipeline_builds_images_by_the_same_script_as_operators() -> None:
    assert "deploy/bin/build web worker\n" in (ROOT / "deploy" / "bin" / "image").read_text()


def test_packages_keep_what_is_read_of_them(
    tmp_path: Path,
) -> None:
    kept = ("botocore/data/s3/model", "botocore/data/sts/model", "botocore/data/endpoints.json", "numpy/a.py")
    dropped = ("botocore/data/ec2/model", "boto3/data/ec2/model", "numpy/tests/a.py", "numpy/a.pyi", "a/b.c")
    for name in (*kept, *dropped):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run([str(IMAGE / "trim"), str(tmp_path)], check=True)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(kept)
