"""An installation on one server, by the scripts of operators: brought up, used, watched, killed, switched.

In order: one installation lives through all of it.
"""

import json
import os
import signal
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from config.local.ports import find_free_port
from tests.system.containers.engine import Engine, find_compose, wait_until

PROGRAMS = {"web-blue": 2, "worker": 1, "beat": 1}
CREATE_KEY = """
from accounts.auth.users import create_user, issue_api_key
from accounts.models import Role
client = create_user("smoke@names.example", None, Role.CLIENT, None)
print("KEY", issue_api_key(client, "smoke", None)[1])
"""


class Installation:
    """What deploy/bin/up has started, and what it said."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.secrets = folder / "secrets"
        self.ports = {name: str(find_free_port()) for name in ("HTTPS", "HTTP", "PROMETHEUS", "ALERTMANAGER")}
        self.environment = {
            "COMPOSE": str(find_compose()),
            "SECRETS_DIR": str(self.secrets),
            "SWITCH_READY_SECONDS": "600",
            **{f"{name}_PORT": port for name, port in self.ports.items()},
        }

    def run(self, *command: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        return self.engine.run(*command, **{**self.environment, **changes})

    def containers(self, service: str) -> list[str]:
        """Names of the running containers of a service."""
        chosen = f"label=com.docker.compose.service={service}"
        return self.engine.ask("ps", "--filter", chosen, "--format", "{{.Names}}").split()

    def smoke(self, which: str) -> str:
        """Run deploy/bin/smoke as an operator does, with a key of a client of its own."""
        key_file = self.secrets / "smoke_key"
        if not key_file.exists():
            program = ("/app/venv/bin/python", "-m", "config.process.start", "manage", "shell", "--command")
            said = self.engine.ask("exec", self.containers("worker")[0], *program, CREATE_KEY)
            key_file.write_text(said.rpartition("KEY ")[2].strip())
        done = self.run(
            "deploy/bin/smoke",
            which,
            SMOKE_URL=f"https://localhost:{self.ports['HTTPS']}",
            SMOKE_KEY=key_file.read_text(),
            SMOKE_CA=str(self.secrets / "tls" / "tls.crt"),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, expression: str) -> list[Any]:
        """Ask Prometheus."""
        query = urllib.parse.urlencode({"query": expression})
        address = f"http://127.0.0.1:{self.ports['PROMETHEUS']}/api/v1/query?{query}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
        return found


def test_every_program_runs_and_is_healthy(installation: Installation) -> None:
    found = {name: installation.containers(name) for name in PROGRAMS}
    assert {name: len(names) for name, names in found.items()} == PROGRAMS
    for names in found.values():
        for name in names:
            wait_until(lambda name=name: is_healthy(installation.engine, name))
            assert installation.engine.inspect(name)["RestartCount"] == 0


def is_healthy(engine: Engine, container: str) -> bool:
    return bool(engine.inspect(container)["State"]["Health"]["Status"] == "healthy")


def test_bringing_it_up_again_leaves_what_runs_alone(installation: Installation) -> None:
    before = installation.engine.ask("ps", "--quiet").split()
    assert installation.run("deploy/bin/up").returncode == 0
    assert set(before) <= set(installation.engine.ask("ps", "--quiet").split())


def test_comparisons_batches_and_files_are_answered_through_the_gateway(installation: Installation) -> None:
    assert installation.smoke("integration").count("==> ") == 5


def test_prometheus_sees_every_program_and_the_gateway(installation: Installation) -> None:
    wait_until(lambda: len(installation.query("up == 1")) == 5)
    assert {row["metric"]["job"] for row in installation.query("up == 1")} == {
        "web",
        "worker",
        "beat",
        "gateway",
    }
    assert installation.query("probe_success")[0]["value"][1] == "1"
    assert installation.query("sum(lnc_predictions_total)")[0]["value"][1] != "0"


def test_a_killed_program_starts_again_while_the_other_answers(installation: Installation) -> None:
    victim, _ = installation.containers("web-blue")
    process = read_process(installation.engine, victim)
    os.kill(process, signal.SIGKILL)
    assert "==> " in installation.smoke("smoke")
    wait_until(lambda: read_process(installation.engine, victim) not in {0, process})


def read_process(engine: Engine, container: str) -> int:
    """Return the number of the first process of a container, 0 when it does not run."""
    return int(engine.inspect(container)["State"]["Pid"])


def test_green_becomes_live_and_blue_comes_back(installation: Installation) -> None:
    for target, live in (("green", "green"), ("back", "blue")):
        done = installation.run("deploy/bin/switch", target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"==> {live} is live" in done.stdout
        installation.smoke("smoke")
        idle = {"green": "web-blue", "blue": "web-green"}[live]
        assert installation.containers(idle) == []
        assert len(installation.containers("beat")) == 1
