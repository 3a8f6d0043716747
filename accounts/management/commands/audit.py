"""Seal, verify, anchor or forward the audit trail, and prove one of its events."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import anchor, forwarding, proof_verifier
from accounts.audit.checkpoints import CheckpointError, build_proof, get_origin
from accounts.audit.database_role import list_excess_rights
from accounts.audit.keys import list_verifier_keys
from accounts.audit.trail import seal_events
from accounts.audit.verification import verify_chain
from accounts.models import AuditAnchor, AuditEvent

VERIFIER_NAME = "verify_proof.py"


class Command(BaseCommand):
    """``seal``, ``verify``, ``anchor``, ``forward``, ``key``, and ``prove EVENT``."""

    help = "Seal, verify, anchor or forward the audit trail, print its public key, or prove one event."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add one parser for each action."""
        actions = parser.add_subparsers(dest="what", required=True)
        actions.add_parser("seal", help="seal new events into the hash chain")
        verify = actions.add_parser("verify", help="verify chain and checkpoints; report the first fault")
        verify.add_argument("--anchors", type=Path, help="a file of anchors, one JSON object per line")
        actions.add_parser("anchor", help="publish a checkpoint of everything sealed")
        actions.add_parser("forward", help="send the events that the receiver outside does not have")
        actions.add_parser("key", help="print the verifier keys of checkpoints, the current one first")
        prove = actions.add_parser(
            "prove", help="write the proof of an event, and the program that checks it"
        )
        prove.add_argument("event", type=int, help="id of the event")
        prove.add_argument(
            "--size", type=int, help="seals of the checkpoint; by default the first that holds it"
        )
        prove.add_argument("--output", type=Path, default=Path(), help="folder for the files")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action. Raises ``CommandError`` for a broken chain, so that the exit status is 1."""
        getattr(self, f"_{options['what']}")(options)

    def _seal(self, _options: dict[str, Any]) -> None:
        self.stdout.write(f"{seal_events()} events sealed")

    def _anchor(self, _options: dict[str, Any]) -> None:
        checkpoint = anchor.publish_anchor()
        if checkpoint is None:
            raise CommandError("nothing is sealed yet")
        self.stdout.write(f"anchored seal {checkpoint.size}: {checkpoint.head}")
        self.stdout.write(checkpoint.note)

    def _forward(self, _options: dict[str, Any]) -> None:
        self.stdout.write(f"{forwarding.forward_events()} events accepted")

    def _key(self, _options: dict[str, Any]) -> None:
        self.stdout.write("\n".join(list_verifier_keys(get_origin())))

    def _prove(self, options: dict[str, Any]) -> None:
        event = AuditEvent.objects.filter(pk=options["event"]).first()
        if event is None:
            raise CommandError(f"there is no event {options['event']}")
        try:
            proof = build_proof(event, options["size"])
        except CheckpointError as error:
            raise CommandError(str(error)) from error
        for path in _write_proof(event, proof, options["output"]):
            self.stdout.write(str(path))

    def _verify(self, options: dict[str, Any]) -> None:
        report = verify_chain()
        fault = report.fault or (_find_lost_anchor(options["anchors"]) if options["anchors"] else None)
        if fault:
            raise CommandError(f"the audit chain is broken: {fault}")
        self.stdout.write(
            f"{report.sealed_count} seals intact, {report.unsealed_count} events not sealed yet"
        )
        self.stdout.write(f"head {report.head_hash}")
        role = settings.DATABASE_APPLICATION_ROLE
        for right in list_excess_rights(role):
            self.stderr.write(f"Warning: the role {role} of the application {right}")


def _write_proof(event: AuditEvent, proof: str, folder: Path) -> list[Path]:
    """Write the proof, the verifier, and the checkpoint's time stamp if there is one; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    path, verifier = folder / f"event-{event.pk}.tlog-proof", folder / VERIFIER_NAME
    path.write_text(proof, encoding="utf-8")
    shutil.copyfile(proof_verifier.__file__, verifier)
    checkpoint = proof_verifier.parse_proof(proof).checkpoint
    stamps = AuditAnchor.objects.filter(target=AuditAnchor.Target.TIME_STAMP, checkpoint_id=checkpoint.size)
    stamp = stamps.select_related("checkpoint").first()
    return [path, verifier, *(_write_stamp(stamp, folder) if stamp else ())]


def _write_stamp(stamp: AuditAnchor, folder: Path) -> list[Path]:
    """Write a checkpoint and its time stamp, as ``openssl ts -verify -data … -in …`` takes them."""
    note = folder / f"checkpoint-{stamp.checkpoint_id}.txt"
    token = note.with_suffix(".tsr")
    note.write_text(stamp.checkpoint.note, encoding="utf-8")
    token.write_bytes(bytes(stamp.token))
    return [note, token]


def _find_lost_anchor(path: Path) -> str | None:
    """Return the fault of the first anchor in the file that the chain contradicts, or ``None``.

    Raises ``CommandError`` for a file that holds no anchors.
    """
    try:
        return anchor.find_broken_anchor(path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} cannot be read as anchors.") from error
