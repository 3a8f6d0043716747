"""Alerting: episodes of alerts, the outbox and its delivery, and heartbeats of background components."""
