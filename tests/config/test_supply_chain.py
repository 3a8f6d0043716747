"""CI reports secrets in files and known vulnerabilities."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


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
