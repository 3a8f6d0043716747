"""The technical dashboard: throughput, latency, errors, queues, jobs, models, drift, alerts, decisions."""

from __future__ import annotations

from datetime import datetime, timedelta

import redis
from django.db import DatabaseError
from django.db.models import Sum

from analytics.dashboards.program_metrics import Latency, read_program_metrics
from analytics.installation_metrics import METRICS, Values
from analytics.models import HourlyVolume
from analytics.reports.content import (
    NOTHING,
    Card,
    Cell,
    Chart,
    Column,
    Page,
    Section,
    Series,
    Style,
    Table,
    format_cell,
    format_seconds,
)
from analytics.rollup import HOUR, floor_hour
from modelops.models import (
    Alert,
    JobRun,
    LiveSlot,
    RunStatus,
    ServingProcess,
    TrainingDecision,
    describe_profile,
)

_HOURS = 48
_READERS = {metric.name: metric.read for metric in METRICS}
_PROMETHEUS = "Over all programs and over time: the dashboards of Grafana in deploy/monitoring."


def build_technical_page(now: datetime) -> Page:
    """Return the technical dashboard as of now."""
    return Page(
        "Technical dashboard",
        "The state now, and the last 48 hours (UTC). The same numbers as in Prometheus.",
        [
            Section("Requests", _build_request_cards(), [_build_throughput_chart(now)], note=_PROMETHEUS),
            Section(
                "Queues and jobs", _build_job_cards(now), tables=[_tabulate_queues(now), _tabulate_runs(now)]
            ),
            Section("Models", tables=[_tabulate_slots(), _tabulate_processes(now)]),
            Section("Accuracy and drift", tables=[_tabulate_figures(now), _tabulate_drift(now)]),
            Section("Alerts", tables=[_tabulate_alerts()]),
            Section("Retraining", tables=[_tabulate_decisions()]),
        ],
    )


def _read(name: str, now: datetime) -> Values:
    """Return a metric of the installation; nothing where its store does not respond."""
    try:
        return _READERS[name](now)
    except (DatabaseError, redis.RedisError):
        return {}


def _build_request_cards() -> list[Card]:
    program = read_program_metrics()
    since = "since the processes of this program started"
    refusals = f"{program.refusals:,} refusals of {program.responses:,} responses"
    lookups = f"{program.cache_lookups:,} lookups {since}"
    return [
        _build_latency_card("Requests", program.requests, since),
        _build_latency_card("Comparisons", program.comparisons, since),
        Card(
            "Errors",
            format_cell(program.error_share, Style.SHARE),
            note=f"{program.server_errors:,} errors and {refusals} {since}.",
        ),
        Card("From the cache", format_cell(program.cache_share, Style.SHARE), note=f"{lookups}."),
    ]


def _build_latency_card(title: str, latency: Latency, since: str) -> Card:
    tail = f"95 %: {format_seconds(latency.p95)}, 99 %: {format_seconds(latency.p99)}"
    return Card(
        f"{title}: median time", format_seconds(latency.p50), tail, f"Estimated from buckets, {since}."
    )


def _build_throughput_chart(now: datetime) -> Chart:
    last = floor_hour(now)
    hours = [last - back * HOUR for back in range(_HOURS - 1, -1, -1)]
    rows = HourlyVolume.objects.filter(hour__gte=hours[0]).order_by().values("hour")
    sums = rows.annotate(i=Sum("immaterial"), r=Sum("review"), m=Sum("material"))
    counts = {row["hour"]: row["i"] + row["r"] + row["m"] for row in sums}
    labels = [f"{hour:%d %b %H:%M}" for hour in hours]
    series = [Series("Predictions", [counts.get(hour, 0) for hour in hours])]
    empty = "Predictions will appear here within five minutes of the first comparison."
    return Chart("throughput", "Predictions per hour, files included", labels, series, empty=empty)


def _build_job_cards(now: datetime) -> list[Card]:
    jobs = {status: count for (status,), count in _read("lnc_jobs", now).items()}
    waiting = _read("lnc_job_rows_waiting", now).get((), 0.0)
    silence = _read("lnc_job_silence_seconds", now).get((), 0.0)
    jobs_wait = any(jobs.values())
    return [
        Card("Bulk jobs running", f"{jobs.get(RunStatus.RUNNING, 0):,.0f}"),
        Card("Bulk jobs queued", f"{jobs.get(RunStatus.QUEUED, 0):,.0f}"),
        Card(
            "Rows waiting",
            f"{waiting:,.0f}",
            note=f"An unfinished job last advanced {format_seconds(silence)} ago." if jobs_wait else "",
        ),
    ]


def _tabulate_queues(now: datetime) -> Table:
    ages = _read("lnc_queue_age_seconds", now)
    rows: list[list[Cell]] = [
        [queue, round(length), ages.get((queue,))]
        for (queue,), length in _read("lnc_queue_length", now).items()
    ]
    columns = [Column("Queue"), Column("Messages", Style.COUNT), Column("Age of the oldest", Style.DURATION)]
    return Table("Queues of background tasks", columns, rows, empty="The broker does not respond.")


def _tabulate_runs(now: datetime) -> Table:
    failed = JobRun.objects.filter(status=RunStatus.FAILED, finished_at__gte=now - timedelta(days=7))
    rows: list[list[Cell]] = [
        [run.name, run.window, run.error, run.finished_at] for run in failed.order_by("-finished_at")[:20]
    ]
    columns = [Column("Periodic job"), Column("Window"), Column("Error"), Column("Failed")]
    return Table("Periodic jobs that failed", columns, rows, empty="None failed in the last seven days.")


def _tabulate_slots() -> Table:
    slots = LiveSlot.objects.select_related("deployment__model").order_by("profile", "role")
    rows: list[list[Cell]] = [
        [describe_profile(slot.profile), slot.role, str(slot.deployment.model),
         slot.deployment.generation, slot.deployment.at]
        for slot in slots
    ]  # fmt: skip
    columns = [
        Column("Profile"),
        Column("Role"),
        Column("Version"),
        Column("Generation", Style.COUNT),
        Column("Since"),
    ]
    return Table("Live now", columns, rows, empty="A version will appear here when it is made live.")


def _tabulate_processes(now: datetime) -> Table:
    newest = _read("lnc_live_generation", now).get((), 0.0)
    rows: list[list[Cell]] = [
        [
            f"{process.host}:{process.pid}",
            process.kind,
            process.generation,
            "current" if process.generation >= newest else "behind",
            process.started_at,
            None if process.last_swap_ms is None else process.last_swap_ms / 1000,
        ]
        for process in ServingProcess.objects.alive(now)[:100]
    ]
    columns = [
        Column("Process"),
        Column("Kind"),
        Column("Generation", Style.COUNT),
        Column("State"),
        Column("Started"),
        Column("Last swap took", Style.DURATION),
    ]
    return Table(
        "Processes that answer", columns, rows, empty="No process reported itself in the last seconds."
    )


def _tabulate_figures(now: datetime) -> Table:
    rows: list[list[Cell]] = []
    for figure in ("accuracy", "precision", "recall"):
        values = _read(f"lnc_model_{figure}_ratio", now)
        for version in sorted({key[0] for key in values}):
            of = {basis: value for (model, basis, _), value in values.items() if model == version}
            low, high = of.get("labelled_at_least"), of.get("labelled_at_most")
            interval = NOTHING if low is None or high is None else f"{low:.1%} to {high:.1%}"
            rows.append([figure.capitalize(), version, of.get("labelled"), interval, of.get("estimated")])
    columns = [
        Column("Figure"),
        Column("Version"),
        Column("On audit labels", Style.SHARE),
        Column("Interval"),
        Column("Estimated without labels", Style.SHARE),
    ]
    return Table("Champions", columns, rows, empty="Figures will appear here after the first monitored hour.")


def _tabulate_drift(now: datetime) -> Table:
    limit = _read("lnc_threshold", now).get(("drift",))
    rows: list[list[Cell]] = [
        [*labels, psi, "above the threshold" if limit is not None and psi > limit else ""]
        for labels, psi in _read("lnc_model_drift_psi", now).items()
    ]
    columns = [
        *(Column(title) for title in ("Version", "Profile", "Kind", "Source", "Window")),
        Column("Largest PSI", Style.NUMBER),
        Column(""),
    ]
    empty = "Drift will appear here when enough predictions of an hour can be compared with the reference."
    return Table("Drift by slice", columns, rows, empty=empty)


def _tabulate_alerts() -> Table:
    rows: list[list[Cell]] = [
        [alert.get_severity_display(), str(alert), alert.observation, alert.since]
        for alert in Alert.objects.firing()[:50]
    ]
    columns = [Column("Severity"), Column("Alert"), Column("Observed"), Column("Since")]
    return Table("Firing", columns, rows, empty="No alert is firing.")


def _tabulate_decisions() -> Table:
    rows: list[list[Cell]] = [
        [row.at, "train" if row.should_train else "do not train", row.reason]
        for row in TrainingDecision.objects.all()[:10]
    ]
    columns = [Column("Time"), Column("Decision"), Column("Reason")]
    return Table(
        "Newest decisions", columns, rows, empty="The first decision will appear here within an hour."
    )
