"""The images as they were built: how large they are, what they hold, and that their root stays as it is."""

import json
import re
import subprocess

import pytest

from tests.project.test_house_rules import ROOT
from tests.system.containers.engine import VERSION, Engine

MEGABYTE = 1_000_000
IMAGES = {name: f"localhost/legal-names-{name}:{VERSION}" for name in ("web", "worker")}
LOCKED = ("run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none", "--tmpfs=/tmp", "--entrypoint=sh")


def run_inside(engine: Engine, name: str, command: str) -> str:
    return engine.ask(*LOCKED, IMAGES[name], "-c", command)


def test_the_web_image_is_slim_and_the_other_holds_the_training_stack(engine: Engine) -> None:
    sizes = {name: int(engine.inspect(image)["Size"]) for name, image in IMAGES.items()}
    assert sizes["web"] <= 600 * MEGABYTE < sizes["worker"]
    held = {
        name: run_inside(engine, name, "ls /app/venv/lib/python3.11/site-packages").split() for name in IMAGES
    }
    assert {"sklearn", "mlflow", "scipy", "pyarrow"} & set(held["web"]) == set()
    assert {"sklearn", "mlflow", "scipy", "pyarrow"} <= set(held["worker"])


def ask_git(*question: str) -> str:
    command = ["git", "-c", f"safe.directory={ROOT}", *question]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_described_by_labels_and_runs_as_a_user(engine: Engine, name: str) -> None:
    image = engine.inspect(IMAGES[name])
    config = image["Config"]
    prefix = "org.opencontainers.image."
    labels = {key.removeprefix(prefix): value for key, value in config["Labels"].items()}
    assert (config["User"], labels["version"]) == ("1000:1000", VERSION)
    # Also where layers of another commit were reused.
    assert labels["revision"] == ask_git("rev-parse", "HEAD")
    assert labels["created"] == image["Created"]
    assert image["Healthcheck"]["Test"][-2:] == ["config.process.health", name]
    assert run_inside(engine, name, "id -u; id -g").split() == ["1000", "1000"]


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_holds_no_compiler_no_secret_and_its_static_files(engine: Engine, name: str) -> None:
    assert (
        run_inside(engine, name, "for name in gcc cc ld make; do command -v $name; done; echo none") == "none"
    )
    kept = json.dumps([engine.inspect(IMAGES[name]), engine.ask("history", "--no-trunc", IMAGES[name])])
    assert re.findall(r"(?:SECRET|SIGNING|DIGEST|ENCRYPTION)_KEYS?=[^$\\s]", kept) == []
    assert int(run_inside(engine, name, "ls /app/staticfiles | wc -l")) > 5
    assert run_inside(engine, name, "ls -d /app/tests /app/docs /app/.git 2>/dev/null || true") == ""


def test_psycopg2_uses_the_library_of_the_system(engine: Engine) -> None:
    command = "ldd /app/venv/lib/python3.11/site-packages/psycopg2/_psycopg*.so | grep libpq"
    assert "=> /lib/" in run_inside(engine, "web", command)


@pytest.mark.parametrize("name", IMAGES)
def test_a_missing_setting_stops_a_container_with_one_sentence(engine: Engine, name: str) -> None:
    done = engine.run("podman", "run", "--rm", "--read-only", "--network=none", IMAGES[name])
    assert done.returncode == 78
    said = [line for line in done.stderr.splitlines() if not line.startswith("time=")]  # podman's own lines
    assert len(said) == 1
    assert said[0].startswith(f"Cannot start {name}: DATABASE_URL is not set")


def test_the_same_commit_on_the_same_base_gives_the_same_image(engine: Engine) -> None:
    first = engine.inspect(IMAGES["web"])["Id"]
    created = engine.inspect(IMAGES["web"])["Created"]
    assert created[:4] == ask_git("log", "-1", "--format=%cI")[:4]
    engine.build_product()
    assert engine.inspect(IMAGES["web"])["Id"] == first
