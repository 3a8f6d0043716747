"""The shipped nginx.conf and haproxy.cfg, run as they are but for addresses and folders."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from config.local.ports import find_free_port
from tests.system.deploy.debian import find_program

EDGE = Path(settings.BASE_DIR) / "deploy" / "edge"
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """What came back through the gateway; status 0: nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Edge:
    """nginx before HAProxy before the ports of two colours."""

    folder: Path
    colours: Mapping[str, int]
    port: int = field(default_factory=find_free_port)
    plain_port: int = field(default_factory=find_free_port)
    balancer_port: int = field(default_factory=find_free_port)

    @property
    def socket(self) -> Path:
        return self.folder / "haproxy.sock"

    @property
    def map_file(self) -> Path:
        return self.folder / "live.map"

    @property
    def log(self) -> str:
        """Everything that nginx and HAProxy have written."""
        return "".join((self.folder / f"{name}.log").read_text() for name in ("nginx", "haproxy"))

    def start(self) -> None:
        """Start both and wait until they listen."""
        self.write_files()
        self._processes = [self.run("haproxy", "-f"), self.run("nginx", "-g", "daemon off;", "-c")]
        for port in (self.balancer_port, self.port, self.plain_port):
            wait_for_port(port)

    def restart_balancer(self) -> None:
        """HAProxy ends and starts again, as after a reboot."""
        stop(self._processes[0])
        self._processes[0] = self.run("haproxy", "-f")
        wait_for_port(self.balancer_port)

    def stop(self) -> None:
        for process in self._processes:
            stop(process)

    def connect(self, source: str = "127.0.0.1") -> http.client.HTTPSConnection:
        """A connection to the gateway from one of the addresses of loopback."""
        context = ssl.create_default_context(cafile=str(self.folder / "tls.crt"))
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=context, source_address=(source, 0)
        )

    def ask(
        self, method: str, path: str, body: object = None, source: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = self.connect(source)
        try:
            return send(connection, method, path, body, headers)
        finally:
            connection.close()

    def sign_in(self, email: str, password: str) -> dict[str, str]:
        answer = self.ask("POST", "/api/v1/token", {"email": email, "password": password})
        assert answer.status == 200, answer
        return {"Authorization": f"Bearer {answer.json['access']}"}

    def run(self, name: str, *flags: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [find_program(name), *flags, str(self.folder / f"{name}.conf")]
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for open_to_workers in (self.folder, *self.folder.parents[:2]):
            open_to_workers.chmod(0o755)
        if not self.map_file.exists():
            shutil.copy(EDGE / "live.map", self.map_file)
        make_certificate(self.folder)
        self._substitute(
            "nginx.conf",
            "nginx.conf",
            {
                "/run/nginx/": f"{self.folder}/",
                "/etc/nginx/tls/": f"{self.folder}/",
                "/dev/stdout": f"{self.folder}/nginx.log",
                "haproxy:8080": f"127.0.0.1:{self.balancer_port}",
                "listen 8443": f"listen 127.0.0.1:{self.port}",
                "listen 8081": f"listen 127.0.0.1:{self.plain_port}",
            },
        )
        self._substitute(
            "haproxy.cfg",
            "haproxy.conf",
            {
                "/run/haproxy/": f"{self.folder}/",
                "bind :8080": f"bind 127.0.0.1:{self.balancer_port}",
                **{f"web-{name}:5001": f"127.0.0.1:{port}" for name, port in self.colours.items()},
            },
        )

    def _substitute(self, source: str, target: str, changes: Mapping[str, str]) -> None:
        text = (EDGE / source).read_text()
        for old, new in changes.items():
            assert old in text, f"{source} does not say {old}"
            text = text.replace(old, new)
        (self.folder / target).write_text(text)


def send(
    connection: http.client.HTTPSConnection,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] = {},
) -> Answer:
    """Send one request; a broken connection is the answer 0, after which it is opened anew."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, path, content, {"Content-Type": "application/json", **named})
        response = connection.getresponse()
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return Answer(0, {}, repr(error).encode())


def make_certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself."""
    subject = ("-subj", "/CN=names.example", "-addext", "subjectAltName=IP:127.0.0.1,DNS:names.example")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt"))
    subprocess.run(
        [find_program("openssl"), "req", "-x509", *key, *subject, *files, "-days", "2"],
        check=True,
        capture_output=True,
    )


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on port {port}"
            time.sleep(0.05)
        else:
            return


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running(edge: Edge) -> Iterator[Edge]:
    edge.start()
    try:
        yield edge
    finally:
        edge.stop()
