"""Seal or verify the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import seal, verify


class Command(BaseCommand):
    """``audit seal`` chains new events; ``audit verify`` walks the chain and names the first broken row."""

    help = "Seal new audit events into the hash chain, or verify the chain."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one word that says what to do."""
        parser.add_argument("what", choices=["seal", "verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the step. Raises ``CommandError`` when the chain is broken, so that the exit status is 1."""
        if options["what"] == "seal":
            self.stdout.write(f"{seal()} events sealed")
            return
        report = verify()
        if report.fault:
            raise CommandError(f"the audit chain is broken: {report.fault}")
        self.stdout.write(f"{report.sealed} seals intact, {report.unsealed} events not sealed yet")
        self.stdout.write(f"head {report.head}")
