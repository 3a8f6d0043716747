"""The technical dashboard: throughput, latency, errors, queues, jobs, models, drift, alerts, decisions."""

from __future__ import annotations

from datetime import datetime, timedelta

import redis
from django.db import DatabaseError
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from accounts.numbers import fill, format_number
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
    show_figure,
)
from analytics.rollup import HOUR, floor_hour
from modelops.language import show_sentence
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
_PROMETHEUS = gettext_lazy("Over all programs and over time: the dashboards of Grafana in deploy/monitoring.")


def build_technical_page(now: datetime) -> Page:
    """Return the technical dashboard as of now."""
    return Page(
        gettext("Technical dashboard"),
        gettext("The state now, and the last 48 hours (UTC). The same numbers as in Prometheus."),
        [
            Section(
                gettext("Requests"), _build_request_cards(), [_build_throughput_chart(now)], note=_PROMETHEUS
            ),
            Section(
                gettext("Queues and jobs"),
                _build_job_cards(now),
                tables=[_tabulate_queues(now), _tabulate_runs(now)],
            ),
            Section(gettext("Models"), tables=[_tabulate_slots(), _tabulate_processes(now)]),
            Section(gettext("Accuracy and drift"), tables=[_tabulate_figures(now), _tabulate_drift(now)]),
            Section(gettext("Alerts"), tables=[_tabulate_alerts()]),
            Section(gettext("Retraining"), tables=[_tabulate_decisions()]),
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
    since = gettext("since the processes of this program started")
    refusals = fill(
        gettext("{refusals:,} refusals of {responses:,} responses"),
        refusals=program.refusals,
        responses=program.responses,
    )
    lookups = fill(
        gettext("{cache_lookups:,} lookups {since}"), cache_lookups=program.cache_lookups, since=since
    )
    return [
        _build_latency_card(gettext("Requests"), program.requests, since),
        _build_latency_card(gettext("Comparisons"), program.comparisons, since),
        Card(
            gettext("Errors"),
            format_cell(program.error_share, Style.SHARE),
            note=fill(
                gettext("{server_errors:,} errors and {refusals} {since}."),
                server_errors=program.server_errors,
                refusals=refusals,
                since=since,
            ),
        ),
        Card(gettext("From the cache"), format_cell(program.cache_share, Style.SHARE), note=f"{lookups}."),
    ]


def _build_latency_card(title: str, latency: Latency, since: str) -> Card:
    tail = f"95 %: {format_seconds(latency.p95)}, 99 %: {format_seconds(latency.p99)}"
    return Card(
        gettext("{title}: median time").format(title=title),
        format_seconds(latency.p50),
        tail,
        gettext("Estimated from buckets, {since}.").format(since=since),
    )


def _build_throughput_chart(now: datetime) -> Chart:
    last = floor_hour(now)
    hours = [last - back * HOUR for back in range(_HOURS - 1, -1, -1)]
    rows = HourlyVolume.objects.filter(hour__gte=hours[0]).order_by().values("hour")
    sums = rows.annotate(i=Sum("immaterial"), r=Sum("review"), m=Sum("material"))
    counts = {row["hour"]: row["i"] + row["r"] + row["m"] for row in sums}
    labels = [date_format(hour, "j M H:i") for hour in hours]
    series = [Series(gettext("Predictions"), [counts.get(hour, 0) for hour in hours])]
    empty = gettext("Predictions will appear here within five minutes of the first comparison.")
    return Chart("throughput", gettext("Predictions per hour, files included"), labels, series, empty=empty)


def _build_job_cards(now: datetime) -> list[Card]:
    jobs = {status: count for (status,), count in _read("lnc_jobs", now).items()}
    waiting = _read("lnc_job_rows_waiting", now).get((), 0.0)
    silence = _read("lnc_job_silence_seconds", now).get((), 0.0)
    jobs_wait = any(jobs.values())
    return [
        Card(gettext("Bulk jobs running"), format_number(jobs.get(RunStatus.RUNNING, 0), ",.0f")),
        Card(gettext("Bulk jobs queued"), format_number(jobs.get(RunStatus.QUEUED, 0), ",.0f")),
        Card(
            gettext("Rows waiting"),
            format_number(waiting, ",.0f"),
            note=gettext("An unfinished job last advanced {seconds} ago.").format(
                seconds=format_seconds(silence)
            )
            if jobs_wait
            else "",
        ),
    ]


def _tabulate_queues(now: datetime) -> Table:
    ages = _read("lnc_queue_age_seconds", now)
    rows: list[list[Cell]] = [
        [queue, round(length), ages.get((queue,))]
        for (queue,), length in _read("lnc_queue_length", now).items()
    ]
    columns = [
        Column(gettext("Queue")),
        Column(gettext("Messages"), Style.COUNT),
        Column(gettext("Age of the oldest"), Style.DURATION),
    ]
    return Table(
        gettext("Queues of background tasks"), columns, rows, empty=gettext("The broker does not respond.")
    )


def _tabulate_runs(now: datetime) -> Table:
    failed = JobRun.objects.filter(status=RunStatus.FAILED, finished_at__gte=now - timedelta(days=7))
    rows: list[list[Cell]] = [
        [run.name, run.window, run.error, run.finished_at] for run in failed.order_by("-finished_at")[:20]
    ]
    columns = [
        Column(gettext("Periodic job")),
        Column(gettext("Window")),
        Column(gettext("Error")),
        Column(gettext("Failed")),
    ]
    return Table(
        gettext("Periodic jobs that failed"),
        columns,
        rows,
        empty=gettext("None failed in the last seven days."),
    )


def _tabulate_slots() -> Table:
    slots = LiveSlot.objects.select_related("deployment__model").order_by("profile", "role")
    rows: list[list[Cell]] = [
        [describe_profile(slot.profile), slot.role, str(slot.deployment.model),
         slot.deployment.generation, slot.deployment.at]
        for slot in slots
    ]  # fmt: skip
    columns = [
        Column(gettext("Profile")),
        Column(gettext("Role")),
        Column(gettext("Version")),
        Column(gettext("Generation"), Style.COUNT),
        Column(gettext("Since")),
    ]
    return Table(
        gettext("Live now"), columns, rows, empty=gettext("A version will appear here when it is made live.")
    )


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
        Column(gettext("Process")),
        Column(gettext("Kind")),
        Column(gettext("Generation"), Style.COUNT),
        Column(gettext("State")),
        Column(gettext("Started")),
        Column(gettext("Last swap took"), Style.DURATION),
    ]
    return Table(
        gettext("Processes that answer"),
        columns,
        rows,
        empty=gettext("No process reported itself in the last seconds."),
    )


def _tabulate_figures(now: datetime) -> Table:
    rows: list[list[Cell]] = []
    for figure in ("accuracy", "precision", "recall"):
        values = _read(f"lnc_model_{figure}_ratio", now)
        for version in sorted({key[0] for key in values}):
            of = {basis: value for (model, basis, _), value in values.items() if model == version}
            low, high = of.get("labelled_at_least"), of.get("labelled_at_most")
            interval = (
                NOTHING
                if low is None or high is None
                else fill(gettext("{low:.1%} to {high:.1%}"), low=low, high=high)
            )
            rows.append([show_figure(figure), version, of.get("labelled"), interval, of.get("estimated")])
    columns = [
        Column(gettext("Figure")),
        Column(gettext("Version")),
        Column(gettext("On audit labels"), Style.SHARE),
        Column(gettext("Interval")),
        Column(gettext("Estimated without labels"), Style.SHARE),
    ]
    return Table(
        gettext("Champions"),
        columns,
        rows,
        empty=gettext("Figures will appear here after the first monitored hour."),
    )


def _tabulate_drift(now: datetime) -> Table:
    limit = _read("lnc_threshold", now).get(("drift",))
    rows: list[list[Cell]] = [
        [*labels, psi, gettext("above the threshold") if limit is not None and psi > limit else ""]
        for labels, psi in _read("lnc_model_drift_psi", now).items()
    ]
    columns = [
        *(
            Column(title)
            for title in (
                gettext("Version"),
                gettext("Profile"),
                gettext("Kind"),
                gettext("Source"),
                gettext("Window"),
            )
        ),
        Column(gettext("Largest PSI"), Style.NUMBER),
        Column(""),
    ]
    empty = gettext(
        "Drift will appear here when enough predictions of an hour can be compared with the reference."
    )
    return Table(gettext("Drift by slice"), columns, rows, empty=empty)


def _tabulate_alerts() -> Table:
    rows: list[list[Cell]] = [
        [alert.get_severity_display(), str(alert), alert.observation, alert.since]
        for alert in Alert.objects.firing()[:50]
    ]
    columns = [
        Column(gettext("Severity")),
        Column(gettext("Alert")),
        Column(gettext("Observed")),
        Column(gettext("Since")),
    ]
    return Table(gettext("Firing"), columns, rows, empty=gettext("No alert is firing."))


def _tabulate_decisions() -> Table:
    rows: list[list[Cell]] = [
        [row.at, gettext("train") if row.should_train else gettext("do not train"), show_sentence(row.reason)]
        for row in TrainingDecision.objects.all()[:10]
    ]
    columns = [Column(gettext("Time")), Column(gettext("Decision")), Column(gettext("Reason"))]
    return Table(
        gettext("Newest decisions"),
        columns,
        rows,
        empty=gettext("The first decision will appear here within an hour."),
    )
