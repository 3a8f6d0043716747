"""The pipeline: what it is made of, its bills of materials, what a release is signed with."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.conf import settings

from deploy.release import bills, notes
from tests.system.deploy.debian import find_program

ROOT = Path(settings.BASE_DIR)
WORKFLOW = ROOT / ".github" / "workflows" / "pipeline.yml"
PATIENCE_SECONDS = 900
ORDER = ["test", "image", "train", "staging", "integration", "production", "release"]


def read_workflow() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return described


def test_every_command_is_one_script_that_a_person_can_run() -> None:
    steps = [step for job in read_workflow()["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    for command in commands:
        script, *arguments = command.split(" ")
        assert re.fullmatch(r"deploy/bin/\w+", script), command
        assert os.access(ROOT / script, os.X_OK), script
        assert all(re.fullmatch(r'[\w-]+|"\$GITHUB_REF_NAME"', argument) for argument in arguments), command


def test_each_job_waits_for_the_one_before_and_production_for_a_person() -> None:
    jobs = read_workflow()["jobs"]
    assert list(jobs) == ORDER
    assert [jobs[name].get("needs") for name in ORDER] == [None, *([name] for name in ORDER[:-1])]
    assert (jobs["production"]["environment"], jobs["staging"]["environment"]) == ("production", "staging")
    back = jobs["production"]["steps"][-1]
    assert (back["run"], back["if"]) == (
        "deploy/bin/deploy back",
        "failure() && steps.deploy.outcome == 'success'",
    )


def test_the_bill_of_the_model_is_valid_cyclonedx_and_names_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "images.txt").write_text("localhost/legal-names-web@sha256:0\n")
    bills.main(tmp_path)
    text = (tmp_path / "mlbom.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    model = json.loads(text)["metadata"]["component"]
    assert model["hashes"][0]["content"] == bills.digest(bills.MODEL / "model.json")
    assert len(model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]) >= 3

    provenance = json.loads((tmp_path / "provenance.json").read_text())
    found = {subject["name"]: subject["digest"]["sha256"] for subject in provenance["subject"]}
    assert found == {name: bills.digest(tmp_path / name) for name in ("images.txt", "mlbom.json")}
    commit = provenance["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"]
    assert commit == bills.read_commit()


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n- new\n\n## [1.0.0] - 2027-01-01\n### Added\n- old\n"
    assert notes.find_notes(changelog, "1.0.0") == "### Added\n- old"
    assert notes.find_notes(changelog, "1.0") == ""
    assert notes.find_notes((ROOT / "CHANGELOG.md").read_text(), "Unreleased")


def test_a_signed_release_verifies_and_a_changed_one_does_not(tmp_path: Path) -> None:
    private, public, folder = tmp_path / "key.pem", tmp_path / "key.pub", tmp_path / "release"
    openssl = find_program("openssl")
    curve = ["-genkey", "-name", "prime256v1", "-noout", "-out", str(private)]
    subprocess.run([openssl, "ecparam", *curve], check=True, capture_output=True)
    export = ["-in", str(private), "-pubout", "-out", str(public)]
    subprocess.run([openssl, "ec", *export], check=True, capture_output=True)
    folder.mkdir()
    (folder / "model.json").write_bytes((bills.MODEL / "model.json").read_bytes())

    assert sign(str(folder), SIGNING_KEY=private.read_text()).returncode == 0
    verified = sign("--verify", str(folder), VERIFYING_KEY_FILE=str(public))
    assert verified.returncode == 0, verified.stderr
    (folder / "model.json").write_text("{}")
    assert sign("--verify", str(folder), VERIFYING_KEY_FILE=str(public)).returncode != 0


def sign(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["deploy/bin/sign", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
