"""Watching what is live: hourly counts, drift, labelled performance, and the limits people set."""
