"""Prometheus and Alertmanager with the files of deploy/monitoring, quick enough for a test."""

import gzip
import re
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from config.local.ports import find_free_port
from tests.receivers import Hook
from tests.system.browser.product import ROOT, ProductDownError, wait_for
from tests.system.deploy.debian import install_packages

FOLDER = ROOT / "deploy" / "monitoring"
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
PATIENCE_SECONDS = 90


def install_programs() -> None:
    """Install what is missing by the system's packages (as root). Raises ProductDownError without them."""
    missing = sorted({package for program, package in PACKAGES.items() if not shutil.which(program)})
    if missing:
        install_packages(*missing, "--no-install-recommends")
    if not all(shutil.which(program) for program in PACKAGES):
        raise ProductDownError(f"Install the packages {', '.join(sorted(set(PACKAGES.values())))}.")


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    base: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of a query. Raises AssertionError with what is wrong with it."""
        answer = requests.get(f"{self.base}/api/v1/query", params={"query": query}, timeout=30).json()
        assert answer["status"] == "success", f"{query}: {answer.get('error')}"
        series: list[dict[str, Any]] = answer["data"]["result"]
        return series

    def read(self, query: str) -> float | None:
        """Return the value of a query with one series, if it has one."""
        series = self.ask(query)
        return float(series[0]["value"][1]) if series else None

    def await_series(self, query: str) -> None:
        """Wait until a query finds something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.ask(query):
            assert time.monotonic() < deadline, f"nothing is found by {query}"
            time.sleep(0.5)


@contextmanager
def prometheus(folder: Path, targets: dict[str, list[int]], webhook: str) -> Iterator[Prometheus]:
    """Run both with targets by job, asking every five seconds; alerts go to the webhook at once."""
    ports = {name: find_free_port() for name in ("prometheus", "alertmanager")}
    _write_configuration(folder, targets, ports["alertmanager"], webhook)
    commands = {
        "prometheus": [
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
        ],
        "alertmanager": [
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            "--storage.path=alerts",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
        ],
    }
    processes = []
    try:
        for name, command in commands.items():
            log = folder / f"{name}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
            processes.append(process)
            wait_for(f"http://127.0.0.1:{ports[name]}/-/ready", process, log)
        yield Prometheus(f"http://127.0.0.1:{ports['prometheus']}")
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


def _write_configuration(
    folder: Path, targets: dict[str, list[int]], alertmanager: int, webhook: str
) -> None:
    """Copy the operators' files, with our addresses and with seconds in place of minutes."""
    for path in FOLDER.glob("*.yml"):
        text = path.read_text(encoding="utf-8").replace("interval: 15s", "interval: 5s")
        text = re.sub(r"for: \d+[mh]", "for: 1s", text).replace("group_wait: 30s", "group_wait: 1s")
        text = re.sub(r"http://127.0.0.1:9094/[\w-]+", webhook, text)
        (folder / path.name).write_text(text, encoding="utf-8")
    lines = [
        f'- targets: ["127.0.0.1:{port}"]\n  labels: {{job: {job}}}'
        for job, numbers in targets.items()
        for port in numbers
    ]
    (folder / "targets.yml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "gateway.yml").write_text("[]", encoding="utf-8")
    (folder / "alertmanagers.yml").write_text(f'- targets: ["127.0.0.1:{alertmanager}"]', encoding="utf-8")
    (folder / "metrics_token").write_text("none", encoding="utf-8")


class Traces:
    """The spans that a receiver was sent, decoded once: names by trace, and everything as text."""

    def __init__(self, hook: Hook) -> None:
        self._hook, self._read = hook, 0
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self.text = ""

    def names(self, trace_id: str) -> set[str]:
        """Return service and name of the spans of a trace that have arrived."""
        self._read_posts()
        return self._names[trace_id]

    def find(self, names: set[str]) -> list[str]:
        """Return the traces that have all of these spans."""
        self._read_posts()
        return [trace_id for trace_id, found in self._names.items() if names <= found]

    def _read_posts(self) -> None:
        posts = self._hook.posts[self._read :]
        self._read += len(posts)
        for headers, body in posts:
            is_packed = headers.get("Content-Encoding") == "gzip"
            self._add(ExportTraceServiceRequest.FromString(gzip.decompress(body) if is_packed else body))

    def _add(self, request: ExportTraceServiceRequest) -> None:
        self.text += str(request)
        for resource in request.resource_spans:
            attributes = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self._names[span.trace_id.hex()].add(f"{attributes['service.name']}: {span.name}")
