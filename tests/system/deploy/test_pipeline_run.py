"""The pipeline from a push to production, really executed by act; staging and production are the fleet."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.containers.test_installation import CREATE_KEY
from tests.system.deploy.debian import find_program
from tests.system.deploy.fleet import Fleet
from tests.system.deploy.test_backup import manage, read_settings
from tests.system.deploy.workflow import ROOT, VERSION, Advisories, Pipeline, Run, running_advisories

ADVICE = {
    "id": "OSV-OF-THIS-TEST",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}
DEPLOYED = [
    ("staging", "deploy/bin/deploy"),
    ("integration", "deploy/bin/smoke integration"),
    ("production", "deploy/bin/deploy"),
    ("production", "deploy/bin/smoke"),
]
BUILT = [
    ("test", "deploy/bin/test"),
    ("image", "deploy/bin/audit"),
    ("image", "deploy/bin/image"),
    ("image", "deploy/bin/bills"),
    ("train", "deploy/bin/train"),
]
RELEASED = [
    ("release", 'deploy/bin/release "$GITHUB_REF_NAME"'),
    ("release", 'deploy/bin/publish "$GITHUB_REF_NAME"'),
]


@dataclass
class Company:
    """Who pushes: the pipeline, what its vulnerability gate asks, and the keys of the repository."""

    pipeline: Pipeline
    advisories: Advisories
    secrets: dict[str, str]
    verifying_key: Path

    def push(self, ref: str) -> Run:
        return self.pipeline.run(ref, self.secrets)


@pytest.fixture(scope="module")
def company(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("pipeline")
    private, public = make_keys(folder)
    said = manage(read_settings(fleet), "shell", "--no-imports", "--command", CREATE_KEY)
    secrets = {
        "SMOKE_KEY": said.rpartition("KEY ")[2].strip(),
        "SIGNING_KEY": private,
        "GITHUB_TOKEN": "a token of this test",
    }
    with running_advisories() as advisories:
        pipeline = Pipeline(fleet, folder, advisories.url)
        pipeline.prepare()
        yield Company(pipeline, advisories, secrets, public)


def make_keys(folder: Path) -> tuple[str, Path]:
    """A private key as PEM, and the file of its public half."""
    openssl, private, public = find_program("openssl"), folder / "key.pem", folder / "key.pub"
    curve = ["-genkey", "-name", "prime256v1", "-noout", "-out", str(private)]
    subprocess.run([openssl, "ecparam", *curve], check=True, capture_output=True)
    export = ["-in", str(private), "-pubout", "-out", str(public)]
    subprocess.run([openssl, "ec", *export], check=True, capture_output=True)
    return private.read_text(), public


def test_a_known_vulnerability_stops_the_pipeline_before_an_image_is_built(
    fleet: Fleet, company: Company
) -> None:
    company.advisories.known["django"] = ADVICE
    try:
        run = company.push("refs/heads/main")
    finally:
        company.advisories.known.clear()
    assert run.code != 0
    assert run.commands == BUILT[:2], run.said
    assert "OSV-OF-THIS-TEST, fixed in 99" in run.said
    assert company.pipeline.calls.read_text() == "tests\n"
    assert fleet.live() == "blue"


def test_a_tag_goes_through_staging_to_production_and_becomes_a_signed_release(
    fleet: Fleet, company: Company
) -> None:
    run = company.push(f"refs/tags/v{VERSION}")
    assert run.code == 0, run.said
    assert run.commands == [*BUILT, *DEPLOYED, *RELEASED]
    assert set(run.jobs.values()) == {"succeeded"}
    for live in ("green is live", "blue is live", "0 vulnerabilities known"):
        assert live in run.said
    assert fleet.live() == "blue"
    calls = company.pipeline.calls.read_text().splitlines()
    assert sum(call.startswith("docker build ") for call in calls) == 2
    assert sum(call.startswith("docker push ghcr.io/example/legal-names-") for call in calls) == 2
    assert calls[-1].startswith(f"gh release create v{VERSION} --verify-tag")


def test_the_release_of_that_tag_is_complete_and_verifies(company: Company) -> None:
    kept = company.pipeline.artefacts / "published"
    names = {path.name for path in (kept / "release").iterdir()}
    assert {"NOTES.md", "sbom.json", "mlbom.json", "provenance.json", "images.txt", "model"} <= names
    # The product, the client of its API, and the engine as Python and as machine code.
    assert sum(name.endswith(".whl") for name in names) == 4
    assert [name for name in names if name.startswith("legal_names_engine_native-") and "manylinux" in name]
    assert sum(name.endswith(".tgz") for name in names) == 1
    assert (kept / "release" / "NOTES.md").read_text().strip() == "### Added\n- What this test adds."
    subjects = json.loads((kept / "release" / "provenance.json").read_text())["subject"]
    assert {subject["name"] for subject in subjects} >= {"images.txt", "mlbom.json", "sbom.json"}
    verify = ["deploy/bin/sign", "--verify", str(kept / "release")]
    environment = {**os.environ, "VERIFYING_KEY_FILE": str(company.verifying_key)}
    done = subprocess.run(verify, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_production_goes_back_by_itself_when_its_smoke_test_fails(fleet: Fleet, company: Company) -> None:
    right = json.loads((fleet.folder / "blue.json").read_text())
    fleet.tell("blue", {**right, "API_RATE": "1/min"})  # it gets ready, and answers one request a minute
    try:
        run = company.push("refs/heads/main")
    finally:
        fleet.tell("blue", right)
    assert run.code != 0
    assert run.commands == [*BUILT, *DEPLOYED, ("production", "deploy/bin/deploy back")], run.said
    assert run.jobs == {name: "succeeded" for name, _ in BUILT + DEPLOYED[:2]} | {"production": "failed"}
    assert "check_smoke failed" in run.said
    assert "was answered with 429" in run.said
    assert fleet.live() == "green"  # the version that answered before
    assert fleet.edge.ask("GET", "/api/v1/me").status == 401
    assert fleet.switch("blue").returncode == 0
