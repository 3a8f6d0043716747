"""Three hosts on one machine, each with etcd, Patroni and PostgreSQL, and HAProxy that finds the primary."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.local.ports import find_free_port
from config.local.postgres import _find_postgres_program, _get_process_identity
from tests.project.test_house_rules import ROOT
from tests.system.deploy.debian import find_program
from tests.system.serving import wait_for

USER, PASSWORD = "postgres", "a password of this test"
NAMES = ("one", "two", "three")
TIMES = {"ttl": 20, "loop_wait": 5, "retry_timeout": 5}
"""Seconds: after `ttl` without a sign of life another is the primary; Patroni takes no less than 20."""


@dataclass
class Host:
    """What runs on one host, and where it listens."""

    name: str
    folder: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: find_free_port() for name in ("client", "peer", "patroni", "postgres")}
    )
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self, *command: str, **identity: Any) -> None:
        """Start a program of this host, whose log lies in its folder."""
        with (self.folder / f"{Path(command[0]).name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **identity)
        self.processes.append(process)

    def read_state(self) -> dict[str, Any]:
        """Return what Patroni says of this host; empty while it does not answer."""
        address = f"http://127.0.0.1:{self.ports['patroni']}/patroni"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                state: dict[str, Any] = json.load(answer)
                return state
        except urllib.error.HTTPError as error:  # 503 is how Patroni says that PostgreSQL does not run yet
            return dict(json.load(error))
        except OSError:
            return {}

    def lose(self) -> None:
        """End everything on this host at once, as when its power fails."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)  # its children end when they see that it is gone
        for process in self.processes:
            process.kill()

    def stop(self) -> None:
        """End everything on this host; Patroni stops PostgreSQL."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(60)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[int, list[Host]]]:
    """Run three hosts and HAProxy; yield the port of HAProxy and the hosts."""
    hosts = [Host(name, folder / name) for name in NAMES]
    with ExitStack() as stack:
        for host in hosts:
            host.folder.mkdir()
            stack.callback(host.stop)
        for host in hosts:
            start_etcd(host, hosts)
        for host in hosts:
            start_patroni(host, hosts)
        wait_for(lambda: has_synchronous_standby(hosts))
        yield start_haproxy(stack, folder, hosts), hosts


def start_etcd(host: Host, hosts: list[Host]) -> None:
    members = ",".join(f"{each.name}=http://127.0.0.1:{each.ports['peer']}" for each in hosts)
    client, peer = (f"http://127.0.0.1:{host.ports[name]}" for name in ("client", "peer"))
    options = {
        "name": host.name,
        "data-dir": "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": members,
    }
    host.start(find_program("etcd", "etcd-server"), *(f"--{name}={value}" for name, value in options.items()))


def start_patroni(host: Host, hosts: list[Host]) -> None:
    (host.folder / "patroni.yml").write_text(yaml.safe_dump(configure(host, hosts)))
    identity = _get_process_identity(host.folder)  # PostgreSQL refuses root
    host.start(find_program("patroni"), str(host.folder / "patroni.yml"), **identity)


def configure(host: Host, hosts: list[Host]) -> dict[str, Any]:
    """Return the configuration of Patroni on a host; docs/install.md shows what of it matters."""
    listen = {name: f"127.0.0.1:{host.ports[name]}" for name in ("patroni", "postgres")}
    login = {"username": USER, "password": PASSWORD}
    return {
        "scope": "names",
        "name": host.name,
        "restapi": {"listen": listen["patroni"], "connect_address": listen["patroni"]},
        "etcd3": {"hosts": [f"127.0.0.1:{each.ports['client']}" for each in hosts]},
        "bootstrap": {
            "dcs": {**TIMES, "synchronous_mode": True, "postgresql": {"use_pg_rewind": True}},
            "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
        },
        "postgresql": {
            "listen": listen["postgres"],
            "connect_address": listen["postgres"],
            "data_dir": str(host.folder / "data"),
            "bin_dir": str(_find_postgres_program("postgres").parent),
            "authentication": {"superuser": login, "replication": {**login, "username": "replicator"}},
            "parameters": {"unix_socket_directories": ""},
            "pg_hba": [
                "host all all 127.0.0.1/32 scram-sha-256",
                "host replication all 127.0.0.1/32 scram-sha-256",
            ],
        },
    }


def find_primary(hosts: list[Host]) -> Host | None:
    found = [host for host in hosts if host.read_state().get("role") in {"master", "primary"}]
    return found[0] if len(found) == 1 else None


def has_synchronous_standby(hosts: list[Host]) -> bool:
    """Say whether two servers follow the primary, one of them synchronously."""
    primary = find_primary(hosts)
    followers = primary.read_state().get("replication", []) if primary else []
    return len(followers) == 2 and "sync" in {each["sync_state"] for each in followers}


def start_haproxy(stack: ExitStack, folder: Path, hosts: list[Host]) -> int:
    bind = find_free_port()
    own = {"POSTGRES_BIND": f"127.0.0.1:{bind}"}
    for host in hosts:
        own[f"POSTGRES_{host.name.upper()}"] = f"127.0.0.1:{host.ports['postgres']}"
        own[f"PATRONI_{host.name.upper()}"] = str(host.ports["patroni"])
    gateway = Host("haproxy", folder)
    stack.callback(gateway.stop)
    gateway.start(
        find_program("haproxy"),
        "-db",
        "-f",
        str(ROOT / "deploy/edge/postgres.cfg"),
        env={**os.environ, **own},
    )
    return bind
