"""``manage.py restore_state check|load``: the steps of a restore that need the program."""

from __future__ import annotations

import json
import sys
import tarfile
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup.proofs import ProofError, prove_restore
from config.backup.target import TargetError, require_target, write_files


class Command(BaseCommand):
    """Part of ``deploy/bin/restore``.

    ``check`` reads the state of the manifest from standard input and refuses a target that is not empty,
    another program and other keys. ``load`` reads the archive of files, writes them, and compares rows, audit
    trail, keys, models and jobs with the backup.
    """

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the step."""
        parser.add_argument("step", choices=("check", "load"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run one step. Raises ``CommandError`` with one sentence."""
        try:
            if options["step"] == "check":
                require_target(json.load(sys.stdin))
                return
            for sentence in prove_restore(write_files(sys.stdin.buffer)):
                self.stdout.write(sentence)
        except (TargetError, ProofError, tarfile.TarError) as error:
            raise CommandError(str(error)) from None
