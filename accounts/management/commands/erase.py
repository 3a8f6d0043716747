"""Erase the names that a user sent, or one name, for good."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Erasure, User
from accounts.privacy import erasure


class Command(BaseCommand):
    """``erase --sent-by client@example.com --reason "request 17" --yes``."""

    help = "Erase names for good; rows, numbers and counts stay. Without --yes it only counts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to erase, the reason, and the confirmation."""
        subject = parser.add_mutually_exclusive_group(required=True)
        subject.add_argument("--sent-by", metavar="EMAIL", help="all names that this user sent")
        subject.add_argument(
            "--account-of",
            metavar="EMAIL",
            help="the same, and the user's own address and name; the account is closed",
        )
        subject.add_argument(
            "--name-from-stdin",
            action="store_true",
            help="one name, read from standard input (not from the shell)",
        )
        subject.add_argument("--unfinished", action="store_true", help="resume interrupted erasures")
        parser.add_argument("--reason", default="", help="kept in the audit trail; never a compared name")
        parser.add_argument("--yes", action="store_true", help="do it; it cannot be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count or erase. Raises ``CommandError`` for an unknown user or a missing reason."""
        if options["unfinished"]:
            for unfinished in erasure.list_unfinished():
                self._run_erasure(unfinished)
            return
        draft = self._build_draft(options)
        if not options["yes"]:
            self._print_counts(erasure.count_affected(draft))
            self.stdout.write("Nothing was changed. Add --yes to erase this for good.")
            return
        if not options["reason"]:
            raise CommandError("--reason is needed: the audit trail says why.")
        self._run_erasure(self._request_erasure(draft, options["reason"]))

    def _build_draft(self, options: dict[str, Any]) -> Erasure:
        """Return the unsaved erasure that the options describe."""
        if options["name_from_stdin"]:
            name = " ".join(sys.stdin.read().split())
            if not name:
                raise CommandError("Standard input holds no name.")
            return Erasure(subject=Erasure.Subject.NAME, name=name)
        email = options["sent_by"] or options["account_of"]
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        return Erasure(subject=Erasure.Subject.USER, user=user, account=bool(options["account_of"]))

    def _request_erasure(self, draft: Erasure, reason: str) -> Erasure:
        if draft.user:
            return erasure.request_user_erasure(draft.user, None, reason, draft.account)
        return erasure.request_name_erasure(draft.name, None, reason)

    def _run_erasure(self, requested: Erasure) -> None:
        finished = erasure.run_erasure(requested)
        self._print_counts(finished.counts)
        self.stdout.write(f"Erased ({finished.pk}).")

    def _print_counts(self, counts: dict[str, int]) -> None:
        for title, number in sorted(counts.items()):
            self.stdout.write(f"{number:>12,}  {title}")
