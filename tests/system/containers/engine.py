"""Podman with a storage of its own below var/, its socket, and health checks without systemd.

Where no registry can be reached the servers of Debian's packages stand in for the official images, under the
same names of programs and paths (`servers/`).
"""

import json
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.project.test_house_rules import ROOT
from tests.system.deploy.debian import find_program

HOME = ROOT / "var" / "containers"
SERVERS = "localhost/debian-servers:test"
SERVER_PACKAGES = (
    "postgresql,redis-server,nginx-light,haproxy,prometheus,prometheus-alertmanager,"
    "prometheus-blackbox-exporter,wget,ca-certificates"
)
SERVER_IMAGES = ("POSTGRES", "VALKEY", "NGINX", "HAPROXY", "PROMETHEUS", "ALERTMANAGER", "BLACKBOX")
VERSION = "test"
PROJECT = "legal-names"
PATIENCE_SECONDS = 3600
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Engine:
    """Podman as root, in an environment that the scripts of deploy/bin inherit."""

    def __init__(self) -> None:
        for program in ("podman", "mmdebstrap", "runc"):
            find_program(program)
        for package in (
            "netavark",
            "aardvark-dns",
            "catatonit",
        ):  # what podman needs and is no program on the path
            if subprocess.run(["dpkg", "--status", package], check=False, capture_output=True).returncode:
                subprocess.run(
                    ["apt-get", "-qq", "install", "--yes", package], check=True, capture_output=True
                )
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "containers.conf").write_text(
            CONTAINERS_CONF.format(files=resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        )
        # A storage that is set already is used, with the layers it has.
        storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{HOME}/storage"\nrunroot = "{HOME}/run"\n'
        (HOME / "storage.conf").write_text(storage)
        self.socket = HOME / "podman.sock"
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": str(HOME / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": os.environ.get("CONTAINERS_STORAGE_CONF", str(HOME / "storage.conf")),
            "BUILDAH_ISOLATION": "chroot",
            "DOCKER_HOST": f"unix://{self.socket}",
            "TOOL": "podman",
            "VERSION": VERSION,
            "AUTHORITY": os.environ.get("SSL_CERT_FILE", ""),
            **{f"{name}_IMAGE": SERVERS for name in SERVER_IMAGES},
        }

    def run(self, *command: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the checkout in this environment."""
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def ask(self, *arguments: str) -> str:
        """Return what podman answers; its failure is the test's."""
        done = self.run("podman", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def inspect(self, name: str) -> Any:
        return json.loads(self.ask("inspect", name))[0]

    def has_image(self, name: str) -> bool:
        return self.run("podman", "image", "exists", name).returncode == 0

    def build_servers(self) -> None:
        """Build the image that stands in for those of other projects, once."""
        if self.has_image(SERVERS):
            return
        archive = HOME / "servers.tar"
        options = ("--quiet", "--variant=minbase", f"--include={SERVER_PACKAGES}", "bookworm")
        subprocess.run([find_program("mmdebstrap"), *options, str(archive)], check=True)
        self.ask("import", "--quiet", str(archive), "localhost/debian-servers:base")
        archive.unlink()
        self.ask("build", "--quiet", "--tag", SERVERS, "tests/system/containers/servers")

    def build_product(self) -> None:
        """Build both images by the script of operators, on the base of Debian's packages."""
        base = self.run("deploy/bin/base")
        assert base.returncode == 0, base.stderr
        done = self.run("deploy/bin/build", BASE=base.stdout.strip())
        assert done.returncode == 0, done.stderr

    @contextmanager
    def running(self) -> Iterator["Engine"]:
        """Podman's socket, and the timer of health checks that systemd would be."""
        self.socket.unlink(missing_ok=True)
        with (HOME / "service.log").open("ab") as log:
            command = ["podman", "system", "service", "--time=0", f"unix://{self.socket}"]
            service = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        ended = threading.Event()
        timer = threading.Thread(target=self._check_health, args=(ended,), daemon=True)
        timer.start()
        try:
            wait_until(self.socket.exists)
            yield self
        finally:
            ended.set()
            timer.join()
            service.terminate()
            service.wait()

    def _check_health(self, ended: threading.Event) -> None:
        while not ended.wait(3):
            for name in self.run("podman", "ps", "--quiet").stdout.split():
                self.run("podman", "healthcheck", "run", name)


def wait_until(condition: Any, patience: float = 600) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.5)


def find_compose() -> Path:
    """The program itself: the wrapper of its package ends with 0 whatever happens."""
    subprocess.run(["make", "--no-print-directory", "var/lint-deploy/.installed"], cwd=ROOT, check=True)
    return next((ROOT / "var" / "lint-deploy" / "lib").rglob("compose/docker-compose"))
