"""The shipped workflow, run by act on this machine, without containers: each job in a folder of its own.

Every `run:` is executed as it stands, in the order, under the conditions and with the variables of the file.
What stands in: the four actions (`actions/`, by the commits that the file pins), `.ci/run` (which runs the
tests that this is one of), and the programs of GitHub and of the registry (`docker`, `gh`).
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.conf import settings

from config.local.ports import HOST, find_free_port
from tests.system.deploy.fleet import Fleet

ROOT = Path(settings.BASE_DIR)
ACTIONS = Path(__file__).parent / "actions"
WORKFLOW = ROOT / ".github" / "workflows" / "pipeline.yml"
TOOLS = ("runtime", "signing", "audit", "auditwheel", "act")
VERSION = "9.9.9"
CONSTRUCTED_PAIRS = "4000"
PATIENCE_SECONDS = 1800
RECORDING = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in
  *.Size*) echo 1 ;;
  *RepoDigests*) echo "registry.example/image@sha256:0" ;;
  "release create"*) mkdir -p "$ARTEFACTS/published"
    tar -xzf var/release.tar.gz -C "$ARTEFACTS/published" ;;
esac
"""


@dataclass(frozen=True)
class Run:
    """What a run of the workflow did: the commands of each job in their order, and how jobs ended."""

    code: int
    said: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        return re.findall(r"\[pipeline/(\w+) *\] ⭐ Run Main (deploy/bin/.*)", self.said)

    @property
    def jobs(self) -> dict[str, str]:
        return dict(re.findall(r"\[pipeline/(\w+) *\] 🏁  Job (\w+)", self.said))


class Pipeline:
    """act, a repository of its own, and a fleet that is staging and production in turn."""

    def __init__(self, fleet: Fleet, folder: Path, advisories: str) -> None:
        self.fleet, self.folder = fleet, folder
        self.source, self.artefacts = folder / "source", folder / "artefacts"
        self.calls = folder / "calls"
        self.advisories = advisories

    def prepare(self) -> None:
        """Install what the jobs use, and make the repository that they check out."""
        tools = [f"var/{name}/.installed" for name in TOOLS if name != "audit"]
        subprocess.run(["make", "--no-print-directory", *tools, "audit"], cwd=ROOT, check=True)
        (ROOT / "var" / "engine-wheel").mkdir(exist_ok=True)  # what this source was compiled to, if it was
        (self.folder / "bin").mkdir()
        for name in ("docker", "gh"):
            self._write_program(self.folder / "bin" / name, RECORDING)
        self._git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.source), at=self.folder)
        self._git("remote", "set-url", "origin", "https://github.com/example/legal-names")
        self._write_program(self.source / ".ci" / "run", '#!/bin/sh\necho "tests" >>"$CALLS"\n')
        changelog = self.source / "CHANGELOG.md"
        section = f"## [{VERSION}] - 2027-01-01\n\n### Added\n- What this test adds.\n\n## [Unreleased]"
        changelog.write_text(changelog.read_text().replace("## [Unreleased]", section, 1))
        self._git("commit", "--quiet", "--all", "--message", "A version")

    def run(self, ref: str, secrets: Mapping[str, str]) -> Run:
        """Run the workflow for a push to a ref. Secrets reach act by its environment, not its arguments."""
        self.calls.write_text("")
        event = self.folder / "event.json"
        event.write_text(json.dumps({"ref": ref}))
        command = [str(ROOT / "var/act/bin/act"), "push", "--eventpath", str(event), "--no-cache-server"]
        command += ["--platform", "ubuntu-24.04=-self-hosted", "--no-skip-checkout", "--concurrent-jobs=1"]
        command += ["--action-cache-path", str(self.folder / "jobs"), "--workflows", str(WORKFLOW)]
        command += ["--var", f"SMOKE_URL=https://{HOST}:{self.fleet.edge.port}"]
        command += [part for name in secrets for part in ("--secret", name)]
        command += [part for action in find_actions() for part in ("--local-repository", action)]
        told = {**self._environment(), "CALLS": str(self.calls)}
        command += [part for name, text in told.items() for part in ("--env", f"{name}={text}")]
        path = f"{self.folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=self.source,
            env={**os.environ, **secrets, "PATH": path, "XDG_CONFIG_HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def _environment(self) -> dict[str, str]:
        fleet = {name: text for name, text in self.fleet.environment().items() if name != "PATH"}
        return {
            **fleet,
            # The folder of a job is gone when the job is; what it starts has to live on.
            "COLOUR_COMMAND": f"env --chdir={ROOT} {fleet['COLOUR_COMMAND']}",
            "SMOKE_CA": str(self.fleet.edge.folder / "tls.crt"),
            "SOURCE": str(self.source),
            "INSTALLED": str(ROOT),
            "ARTEFACTS": str(self.artefacts),
            "OSV_URL": self.advisories,
            "TRAIN_SIZE": CONSTRUCTED_PAIRS,
        }

    def _write_program(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def _git(self, *arguments: str, at: Path | None = None) -> None:
        trusted = ["-c", f"safe.directory={ROOT}/.git", "-c", f"safe.directory={ROOT}"]
        person = ["-c", "user.name=Nobody", "-c", "user.email=nobody@names.example"]
        subprocess.run(["git", *trusted, *person, *arguments], cwd=at or self.source, check=True)


def find_actions() -> set[str]:
    """The actions of the workflow as act wants them replaced: `owner/name@commit=folder`."""
    used = re.findall(r"uses: (actions/([\w-]+)@[0-9a-f]{40})", WORKFLOW.read_text())
    return {f"{action}={ACTIONS / name}" for action, name in used}


class Advisories(ThreadingHTTPServer):
    """An advisory database with the interface of OSV, which knows what it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, find_free_port()), Advice)
        self.known: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/v1/query"


class Advice(BaseHTTPRequestHandler):
    """One question of pip-audit."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Advisories)
        advice = self.server.known.get(asked["package"]["name"])
        body = json.dumps({"vulns": [advice]} if advice else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def running_advisories() -> Iterator[Advisories]:
    server = Advisories()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
