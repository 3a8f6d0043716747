"""Monitoring of live versions: hourly counts, drift, labelled performance, and the thresholds people set."""
