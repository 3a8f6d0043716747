"""``manage.py export_state``: the files of this installation and a snapshot of its database, for a backup."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.backup.export import write_archive


class Command(BaseCommand):
    """Writes a tar archive to standard output and keeps its snapshot until standard input ends.

    Part of ``deploy/bin/backup``, which dumps the database by that snapshot meanwhile.
    """

    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the archive."""
        write_archive(sys.stdout.buffer, _wait_for_end)


def _wait_for_end() -> None:
    while sys.stdin.buffer.read(4096):
        pass
