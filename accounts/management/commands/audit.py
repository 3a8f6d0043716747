"""Seal, verify or anchor the audit trail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import anchor
from accounts.audit.trail import seal_events, verify_chain


class Command(BaseCommand):
    """``audit seal`` seals events, ``verify`` reports the first broken row, ``anchor`` publishes the head."""

    help = "Seal new audit events into the hash chain, verify the chain, or publish its head."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the action and the file of anchors to verify against."""
        parser.add_argument("what", choices=["seal", "verify", "anchor"])
        parser.add_argument("--anchors", type=Path, help="with verify: a file of anchors, one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action. Raises ``CommandError`` for a broken chain, so that the exit status is 1."""
        {"seal": self._seal, "verify": self._verify, "anchor": self._anchor}[options["what"]](options)

    def _seal(self, _options: dict[str, Any]) -> None:
        self.stdout.write(f"{seal_events()} events sealed")

    def _anchor(self, _options: dict[str, Any]) -> None:
        head = anchor.publish_anchor()
        self.stdout.write(f"anchored seal {head['seq']}: {head['hash']}")

    def _verify(self, options: dict[str, Any]) -> None:
        report = verify_chain()
        fault = report.fault or (_find_lost_anchor(options["anchors"]) if options["anchors"] else None)
        if fault:
            raise CommandError(f"the audit chain is broken: {fault}")
        self.stdout.write(
            f"{report.sealed_count} seals intact, {report.unsealed_count} events not sealed yet"
        )
        self.stdout.write(f"head {report.head_hash}")


def _find_lost_anchor(path: Path) -> str | None:
    """Return the fault of the first anchor in the file that the chain contradicts, or ``None``.

    Raises ``CommandError`` for a file that holds no anchors.
    """
    try:
        return anchor.find_broken_anchor(path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} cannot be read as anchors.") from error
