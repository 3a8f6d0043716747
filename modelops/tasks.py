"""Periodic work on the registry."""

from __future__ import annotations

from celery import shared_task

from modelops.registry import mirror_aliases


@shared_task(acks_late=True)  # the aliases are set to what is live, however often
def mirror_registry_aliases() -> dict[str, str]:
    """Make MLflow's aliases say what is live."""
    return mirror_aliases()
