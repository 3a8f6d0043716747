"""``manage.py record_backup``: say that a backup was completed now; the alert on its age counts from it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from modelops.alerting.heartbeats import record_backup


class Command(BaseCommand):
    """Records the time of a completed backup; the last line of a backup script."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Store the time."""
        self.stdout.write(f"Backup of {record_backup().at:%Y-%m-%d %H:%M:%S} UTC recorded.")
