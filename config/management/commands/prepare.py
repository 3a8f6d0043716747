"""`manage.py prepare`: make an empty database ready to serve."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from accounts.auth.tokens import AccessToken

COMMANDS = (
    ("Database tables", ["migrate", "--verbosity=0"]),
    ("Database roles", ["grant_application_role"]),
    ("Starting model", ["register_starting_model"]),
    ("Guideline", ["guideline", "load"]),
    ("First administrator", ["create_first_administrator"]),
)

_LOCK_ID = 5_001_001
"""Id of the advisory lock that admits one preparation of a database at a time."""


class Command(BaseCommand):
    """Migrates, registers the shipped model, loads the guideline and creates an administrator; repeatable."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that the supervisor uses to receive a token."""
        parser.add_argument("--token-fd", type=int, help="write a short-lived API token to this descriptor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run every step, printing its title, when no other preparation of this database is under way."""
        with hold_lock():
            for title, command in COMMANDS:
                self.stdout.write(f"==> {title}")
                self.stdout.flush()
                call_command(*command, stdout=self.stdout)
        if options["token_fd"] is not None:
            _write_token(options["token_fd"])


@contextmanager
def hold_lock() -> Iterator[None]:
    """Wait for a preparation that is under way, however long it takes, and keep others waiting for a block.

    The lock has a connection of its own, because a step may close the other one; PostgreSQL releases it when
    this process dies. Raises CommandError.
    """
    guard = connection.copy()
    try:
        guard.ensure_connection()
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {' '.join(str(error).split())}") from None
    try:
        with guard.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_ID])
        yield
        with guard.cursor() as cursor:  # a closed connection gives the lock back only some time later
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_ID])
    finally:
        guard.close()


def _write_token(descriptor: int) -> None:
    user = get_user_model().objects.filter(is_active=True, is_superuser=True).order_by("pk").first()
    token = str(AccessToken.for_user(user)) if user else None
    with open(descriptor, "w", encoding="ascii") as pipe:
        json.dump({"token": token}, pipe)
