"""Re-encrypt every encrypted value with the first key of FIELD_ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.key_rotation import KeyRing, KeyUsageReport, count_key_usage, load_key_ring, rotate_keys
from accounts.models import KeyRotation


class Command(BaseCommand):
    """``rotate_field_keys`` re-encrypts and verifies; ``--verify`` only counts the values of each key."""

    help = "Encrypt everything with the first field encryption key, while the system serves."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the batch size, the pause between batches, and the option to verify only."""
        parser.add_argument("--batch", type=int, default=500, help="rows per transaction (default 500)")
        parser.add_argument("--pause", type=float, default=0.0, help="seconds between batches (default 0)")
        parser.add_argument("--verify", action="store_true", help="change nothing; count values per key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate or verify. Raises ``CommandError`` unless the first key decrypts every value at the end."""
        if options["batch"] < 1 or options["pause"] < 0:
            raise CommandError("--batch must be 1 or more, --pause 0 or more.")
        keys = load_key_ring()
        if options["verify"]:
            report = count_key_usage(keys, options["batch"])
        else:
            report = rotate_keys(options["batch"], options["pause"], self._print_progress)
        self._print_report(keys, report)

    def _print_progress(self, state: KeyRotation) -> None:
        self.stdout.write(str(state))
        self.stdout.flush()

    def _print_report(self, keys: KeyRing, report: KeyUsageReport) -> None:
        for name, number in sorted(report.counts.items()):
            first = " (the first key)" if name == keys.first_key_id else ""
            self.stdout.write(f"{number:,} values: {name}{first}")
        for fault in report.faults:
            self.stderr.write(fault)
        if not report.is_complete(keys.first_key_id):
            raise CommandError(
                "not everything opens with the first key: do not remove the others. Values under an older "
                "key are written by processes that were not restarted; the others are named above."
            )
        self.stdout.write("Everything opens with the first key; the others can be removed.")
