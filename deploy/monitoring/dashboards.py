"""The dashboards of Grafana, built by code: `make dashboards` writes dashboards/*.json.

A panel is a title, a unit and PromQL queries with their legends; everything else is the same for all of them.
`tests/system/deploy/test_monitoring.py` runs every query against a real Prometheus.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FOLDER = Path(__file__).parent / "dashboards"
WIDTH, HEIGHT = 8, 8
PERCENT, SECONDS, BYTES, NUMBER, PER_SECOND = "percentunit", "s", "bytes", "short", "reqps"


@dataclass(frozen=True)
class Panel:
    """One diagram; ``queries`` maps a legend (with ``{{label}}``) to PromQL."""

    title: str
    unit: str
    queries: dict[str, str]


DASHBOARDS: dict[str, list[Panel]] = {
    "Service": [
        Panel("Requests", PER_SECOND, {"{{status}}": "sum by (status) (rate(requests_total[5m]))"}),
        Panel(
            "Failed requests",
            PERCENT,
            {"5 minutes": "request_errors:ratio_rate5m", "1 hour": "request_errors:ratio_rate1h"},
        ),
        Panel(
            "Time of a comparison over the API",
            SECONDS,
            {
                f"{share:.0%}": f"histogram_quantile({share}, sum by (le) "
                '(rate(request_duration_seconds_bucket{endpoint="compare"}[5m])))'
                for share in (0.5, 0.95, 0.99)
            },
        ),
        Panel(
            "Slower than 0.25 s",
            PERCENT,
            {"5 minutes": "slow_comparisons:ratio_rate5m", "1 hour": "slow_comparisons:ratio_rate1h"},
        ),
        Panel(
            "Busiest endpoints",
            PER_SECOND,
            {"{{endpoint}}": "topk(8, sum by (endpoint) (rate(requests_total[5m])))"},
        ),
        Panel(
            "Cache hits",
            PERCENT,
            {
                "hits": 'sum(rate(lnc_comparison_cache_total{outcome="hit"}[5m]))'
                " / sum(rate(lnc_comparison_cache_total[5m]))"
            },
        ),
        Panel(
            "Processors of each host", "percent", {"{{instance}}": "avg by (instance) (cpu_usage_percent)"}
        ),
        Panel("Memory of each host", "percent", {"{{instance}}": "max by (instance) (memory_usage_percent)"}),
        Panel(
            "Processor time of processes",
            NUMBER,
            {"{{role}}": "sum by (role) (rate(process_cpu_seconds_total[5m]))"},
        ),
        Panel(
            "Memory of processes",
            BYTES,
            {"{{role}} {{pid}}": "max by (role, pid) (process_resident_memory_bytes)"},
        ),
        Panel(
            "Free disk",
            PERCENT,
            {
                "{{instance}} {{folder}}": "min by (instance, folder)"
                " (lnc_disk_free_bytes / lnc_disk_size_bytes)"
            },
        ),
        Panel("Programs that show metrics", NUMBER, {"{{job}}": "sum by (job) (up)"}),
        Panel(
            "Certificate expires in",
            SECONDS,
            {"{{instance}}": "min by (instance) (probe_ssl_earliest_cert_expiry) - time()"},
        ),
        Panel("Age of the backup", SECONDS, {"newest": "time() - max(lnc_backup_timestamp_seconds)"}),
        Panel("Alerts of Prometheus", NUMBER, {"{{alertname}}": "sum by (alertname) (ALERTS)"}),
    ],
    "Jobs": [
        Panel("Messages that wait", NUMBER, {"{{queue}}": "max by (queue) (lnc_queue_length)"}),
        Panel("Age of the oldest message", SECONDS, {"{{queue}}": "max by (queue) (lnc_queue_age_seconds)"}),
        Panel("Bulk jobs", NUMBER, {"{{status}}": "max by (status) (lnc_jobs)"}),
        Panel("Rows compared", "rowsps", {"{{outcome}}": "sum by (outcome) (rate(lnc_job_rows_total[5m]))"}),
        Panel("Rows that wait", NUMBER, {"rows": "max(lnc_job_rows_waiting)"}),
        Panel("Longest time without progress", SECONDS, {"job": "max(lnc_job_silence_seconds)"}),
        Panel("Tasks", PER_SECOND, {"{{task}}": "topk(10, sum by (task) (rate(lnc_tasks_total[5m])))"}),
        Panel(
            "Tasks that failed",
            PER_SECOND,
            {"{{task}}": 'sum by (task) (rate(lnc_tasks_total{state!="SUCCESS"}[5m]))'},
        ),
        Panel(
            "Time of a task",
            SECONDS,
            {
                "{{task}}": "topk(10, sum by (task) (rate(lnc_task_seconds_sum[5m]))"
                " / (sum by (task) (rate(lnc_task_seconds_count[5m])) > 0))"
            },
        ),
        Panel(
            "Silence of components", SECONDS, {"{{component}}": "max by (component) (lnc_silence_seconds)"}
        ),
    ],
    "Models": [
        Panel("Generation of each process", NUMBER, {"{{instance}} {{pid}}": "lnc_process_generation"}),
        Panel("Live generation", NUMBER, {"newest": "max(lnc_live_generation)"}),
        Panel("Processes", NUMBER, {"{{kind}} {{state}}": "max by (kind, state) (lnc_serving_processes)"}),
        *(
            Panel(
                figure.capitalize(),
                PERCENT,
                {
                    "{{model_version}} {{basis}}": "max by (model_version, basis)"
                    f" (lnc_model_{figure}_ratio)",
                    "threshold": f'max(lnc_threshold{{name="{figure}"}})',
                },
            )
            for figure in ("accuracy", "precision", "recall")
        ),
        Panel(
            "Drift (PSI)",
            NUMBER,
            {
                "{{profile}} {{kind}} {{source}} {{window}}": "max by (profile, kind, source, window)"
                " (lnc_model_drift_psi)",
                "threshold": 'max(lnc_threshold{name="drift"})',
            },
        ),
        Panel(
            "Verdicts of each version",
            PERCENT,
            {
                "{{model_version}} {{verdict}}": "sum by (model_version, verdict)"
                " (rate(lnc_predictions_total[1h]))"
                " / on (model_version) group_left () sum by (model_version) (rate(lnc_predictions_total[1h]))"
            },
        ),
    ],
    "Reviews": [
        Panel("Open items", NUMBER, {"{{stream}}": "max by (stream) (lnc_review_items)"}),
        Panel("Age of the oldest item", SECONDS, {"oldest": "max(lnc_review_age_seconds)"}),
        Panel(
            "Time since the newest decision",
            SECONDS,
            {"decision": "time() - max(lnc_review_last_decision_timestamp_seconds)"},
        ),
        Panel(
            "Share that goes to review",
            PERCENT,
            {
                "{{profile}}": 'sum by (profile) (rate(lnc_predictions_total{verdict="review"}[1h]))'
                " / sum by (profile) (rate(lnc_predictions_total[1h]))"
            },
        ),
        Panel("Alerts of the product", NUMBER, {"{{rule}}": "max by (rule) (lnc_alerts_firing) > 0"}),
        Panel("Lag of the audit seal", SECONDS, {"sealer": 'max(lnc_silence_seconds{component="sealer"})'}),
    ],
    "Business": [
        Panel(
            "Pairs compared in 24 hours",
            NUMBER,
            {"{{source}}": "sum by (source) (increase(lnc_predictions_total[24h]))"},
        ),
        Panel(
            "Pairs per second", NUMBER, {"{{profile}}": "sum by (profile) (rate(lnc_predictions_total[5m]))"}
        ),
        Panel(
            "Verdicts",
            PERCENT,
            {
                "{{verdict}}": "sum by (verdict) (rate(lnc_predictions_total[1h]))"
                " / ignoring (verdict) group_left () sum(rate(lnc_predictions_total[1h]))"
            },
        ),
        Panel(
            "Material by profile",
            PERCENT,
            {
                "{{profile}}": 'sum by (profile) (rate(lnc_predictions_total{verdict="material"}[1h]))'
                " / sum by (profile) (rate(lnc_predictions_total[1h]))"
            },
        ),
        Panel(
            "Pairs under every profile in 24 hours",
            NUMBER,
            {"pairs": "sum(increase(lnc_all_profile_comparisons_total[24h]))"},
        ),
    ],
}


def build_dashboard(title: str, panels: list[Panel]) -> dashboard.Dashboard:
    """Return a dashboard with three panels in a row, over a data source that its reader chooses."""
    board = dashboard.Dashboard(f"Legal names: {title}")
    board = (
        board.uid(f"legal-names-{title.lower()}").tags(["legal-names"]).refresh("30s").time("now-6h", "now")
    )
    board = board.with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
    for panel in panels:
        board = board.with_panel(_build_panel(panel))
    return board


def _build_panel(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().title(panel.title).unit(panel.unit).min(0).span(WIDTH).height(HEIGHT)
    built = built.datasource(DataSourceRef(type_val="prometheus", uid="${datasource}"))
    for letter, (legend, query) in zip("ABCDEF", panel.queries.items(), strict=False):
        built = built.with_target(prometheus.Dataquery().expr(query).legend_format(legend).ref_id(letter))
    return built


def render_all() -> dict[str, str]:
    """Return the JSON of each dashboard by its file name."""
    encoder = JSONEncoder(sort_keys=True, indent=1)
    return {
        f"{title.lower()}.json": encoder.encode(build_dashboard(title, panels).build()) + "\n"
        for title, panels in DASHBOARDS.items()
    }


def main() -> int:
    """Write every dashboard."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in render_all().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
