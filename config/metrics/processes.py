"""Metrics of the processes of a program and of the host they run on, read when they are asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Metric, multiprocess
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from matching.engine import EXECUTION

DISK_SETTINGS = ("VAR_DIR", "JOBS_DIR", "EVIDENCE_DIR")
_LABELS = ("role", "pid")
_STANDARD_PREFIXES = ("process_", "python_")

PROCESS_INFO = Gauge(
    "lnc_process_info", "1 for each process of the program.", ["role", "engine"], multiprocess_mode="liveall"
)


def register_process(role: str) -> None:
    """Add this process to those that are shown; ``role`` is ``web``, ``worker`` or ``beat``."""
    PROCESS_INFO.labels(role, EXECUTION).set(1)


class ProgramCollector(Collector):
    """What the processes of this program counted, and the processor time and memory of each."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    def describe(self) -> Iterable[Metric]:
        """Return the metrics of processes without samples."""
        return _build_process_metrics([])

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all processes that are alive, and the counts of those that have ended."""
        families = list(self._read_families())
        yield from families
        yield from _build_process_metrics(
            (sample.labels["role"], int(sample.labels.get("pid", os.getpid())))
            for family in families
            if family.name == "lnc_process_info"
            for sample in family.samples
        )

    def _read_families(self) -> Iterable[Metric]:
        if self._folder is None:
            return (family for family in REGISTRY.collect() if not family.name.startswith(_STANDARD_PREFIXES))
        drop_dead_processes(Path(self._folder))
        own = CollectorRegistry()
        collector = multiprocess.MultiProcessCollector(own, self._folder)  # type: ignore[no-untyped-call]
        families: Iterable[Metric] = collector.collect()  # type: ignore[no-untyped-call]
        return families


def drop_dead_processes(folder: Path) -> None:
    """Remove the gauges of processes that have ended, also by a kill; their counters stay."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _build_process_metrics(processes: Iterable[tuple[str, int]]) -> list[Metric]:
    """Return the usual metrics of each process (role, pid), under their usual names."""
    seconds = CounterMetricFamily(
        "process_cpu_seconds_total", "Processor time, user and system.", labels=_LABELS
    )
    memory = GaugeMetricFamily("process_resident_memory_bytes", "Memory in use.", labels=_LABELS)
    start = GaugeMetricFamily("process_start_time_seconds", "Start, in seconds since 1970.", labels=_LABELS)
    for role, pid in processes:
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                resident, started = process.memory_info().rss, process.create_time()
        except psutil.Error:  # ended in the meantime
            continue
        values = (role, str(pid))
        seconds.add_metric(values, times.user + times.system)
        memory.add_metric(values, resident)
        start.add_metric(values, started)
    return [seconds, memory, start]


class HostCollector(Collector):
    """Load of the host, and room on the disks that files are written to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times = _read_processor_times()

    def describe(self) -> Iterable[Metric]:
        """Return the metrics without samples."""
        return [
            GaugeMetricFamily(
                "cpu_usage_percent", "Processors of the host in use since this process was asked last."
            ),
            GaugeMetricFamily("memory_usage_percent", "Memory of the host in use."),
            GaugeMetricFamily("lnc_disk_free_bytes", "Free on the disk of a folder.", labels=["folder"]),
            GaugeMetricFamily("lnc_disk_size_bytes", "Size of the disk of a folder.", labels=["folder"]),
        ]

    def collect(self) -> Iterable[Metric]:
        """Return the load and the disks now."""
        processors, memory, free, size = families = [*self.describe()]
        processors.add_sample(processors.name, {}, self._measure_processors())
        memory.add_sample(memory.name, {}, psutil.virtual_memory().percent)
        for name in DISK_SETTINGS:
            if "://" in str(getattr(settings, name)):  # a bucket has no disk of this host
                continue
            usage = _measure_disk(Path(getattr(settings, name)))
            free.add_sample(free.name, {"folder": name}, usage.free)
            size.add_sample(size.name, {"folder": name}, usage.total)
        return families

    def _measure_processors(self) -> float:
        """Return the busy share in percent since the last call, over all processors."""
        with self._lock:
            (busy_before, all_before), self._times = self._times, _read_processor_times()
            busy, total = self._times
        return round(100 * (busy - busy_before) / max(total - all_before, 0.01), 1)


def _read_processor_times() -> tuple[float, float]:
    """Return the busy seconds and all seconds of the processors since the start of the host."""
    times = psutil.cpu_times()
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def _measure_disk(folder: Path) -> Any:
    """Return the room on the disk of a folder, or of the nearest one above it that exists."""
    return psutil.disk_usage(str(next(place for place in (folder, *folder.parents) if place.exists())))
