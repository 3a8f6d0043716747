"""What is installed is declared, locked and listed; CI reports secrets in files and known vulnerabilities."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.project.test_house_rules import PACKAGES, sources

ROOT = Path(settings.BASE_DIR)
PEER = "matching/benchmark/peer_logic.py"  # runs in an environment of its own
OBJECT_STORES = {"accounts/audit/object_store.py", "matching/storage/bucket.py"}
TRACING = {"config/process/tracing.py", "config/process/span_redaction.py"}


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False)


def scan(path: Path) -> "subprocess.CompletedProcess[str]":
    hook = Path(sys.executable).with_name("detect-secrets-hook")
    return run(hook, "--baseline", ".secrets.baseline", path)


def test_a_key_typed_into_a_file_is_found_and_named(tmp_path: Path) -> None:
    planted = tmp_path / "deploy.yaml"
    planted.write_text("key: |\n  -----BEGIN " + "RSA PRIVATE KEY-----\n")
    done = scan(planted)
    assert done.returncode == 1
    assert "Private Key" in done.stdout
    planted.write_text("key: from the environment\n")
    assert scan(planted).returncode == 0


def test_without_the_advisory_database_the_audit_says_so_and_does_not_fail() -> None:
    done = run(
        sys.executable, ".ci/audit"
    )  # this Python has no pip-audit, as one without network has no database
    assert done.returncode == 0
    assert done.stdout.startswith("NOT AUDITED")


def project() -> dict[str, list[str]]:
    """Declared names by group; `""` is what the product needs at run time."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": declared["dependencies"], **declared["optional-dependencies"]}
    return {group: [normalise(line) for line in lines] for group, lines in groups.items()}


def normalise(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~!; ]", requirement)[0]).lower()


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", (ROOT / lock).read_text(), re.M))


def list_imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - set(PACKAGES)


def test_the_product_imports_only_packages_that_it_declares_for_run_time() -> None:
    distributions, groups = packages_distributions(), project()
    declared = {*groups[""], *groups["training"]}
    foreign = {
        (str(path.relative_to(ROOT)), module)
        for package in PACKAGES
        for path in sources(package)
        for module in list_imports(path)
        if not {normalise(name) for name in distributions.get(module, ())} & declared
    }
    assert {module for path, module in foreign if path not in {PEER, *OBJECT_STORES, *TRACING}} == set()
    assert {module for path, module in foreign if path in TRACING} <= {"opentelemetry"}  # the extra tracing
    clients = {module for path, module in foreign if path in OBJECT_STORES}
    assert clients == {"boto3", "botocore", "storages"}  # the extra s3
    assert {module for path, module in foreign if path == PEER} <= {"followthemoney", *project()["benchmark"]}


def test_a_deployment_gets_no_tool_of_developers_and_developers_get_its_versions() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    groups = project()
    assert runtime.items() <= development.items()
    assert set(groups[""]) | set(groups["training"]) | set(groups["s3"]) <= set(runtime)
    tools = set(groups["dev"]) | set(groups["embedded"]) | {"mlflow", "flask", "pandas"}
    assert (tools - set(groups["s3"])) & set(runtime) == set()


def test_web_processes_get_what_they_need_of_it_and_nothing_of_training() -> None:
    web, groups = pins("requirements-web.lock"), project()
    assert web.items() <= pins("requirements.lock").items()
    assert {*groups[""], *groups["s3"]} <= set(web)
    assert {*groups["training"], "pandas"} & set(web) == set()


def test_the_bill_of_materials_names_every_package_with_version_and_address(tmp_path: Path) -> None:
    tool, written = Path(sys.executable).with_name("cyclonedx-py"), tmp_path / "sbom.json"
    done = run(tool, "requirements", "--output-format", "JSON", "-o", written, "requirements.lock")
    assert done.returncode == 0, done.stderr
    listed = json.loads(written.read_text())
    assert listed["bomFormat"] == "CycloneDX"
    found = {normalise(part["name"]): part for part in listed["components"]}
    assert {name: part["version"] for name, part in found.items()} == pins("requirements.lock")
    assert all(part["purl"].startswith("pkg:pypi/") for part in found.values())


@pytest.mark.parametrize(
    "workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_every_action_is_pinned_to_a_commit_and_each_job_may_do_no_more_than_it_needs(workflow: Path) -> None:
    text = workflow.read_text()
    used = re.findall(r"uses: *(\S+)", text)
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []
    described = yaml.safe_load(text)
    assert described["permissions"] == {}
    writing = {name: job["permissions"] for name, job in described["jobs"].items()}
    assert writing.pop("image") == {"contents": "read", "packages": "write"}
    assert writing.pop("release") == {"contents": "write"}
    assert [name for name, granted in writing.items() if granted != {"contents": "read"}] == []


def test_newer_packages_and_actions_are_proposed() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions"}


def test_security_rules_judge_every_file_of_the_product() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    assert [rule for rule in rules["ignore"] if rule.startswith("S") and rule != "SIM"] == []
