"""Settings of metrics and traces, a part of ``config.settings``."""

from config import env

METRICS_TOKEN = env.read_text("METRICS_TOKEN")
# Where worker and beat serve their metrics; a web program serves them at /metrics.
METRICS_HOST = env.read_text("METRICS_HOST", "127.0.0.1")
METRICS_PORT = env.read_count("METRICS_PORT", 0)
# Seconds; 0.25 is the objective of a comparison (deploy/monitoring/rules.yml).
PROMETHEUS_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, float("inf"))

TRACING = env.read_tracing()
TRACING_SHARE = env.read_share("OTEL_TRACES_SAMPLER_ARG", 0.05)
# Reads the counts of the processes of this program; the technical dashboard calls it.
PROGRAM_METRICS_READER = "config.metrics.exposition.collect_program"
