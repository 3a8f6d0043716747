"""`manage.py prepare`: make an empty database ready to serve."""

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from accounts.auth.tokens import AccessToken

COMMANDS = (
    ("Database tables", ["migrate", "--verbosity=0"]),
    ("Starting model", ["register_starting_model"]),
    ("Guideline", ["guideline", "load"]),
    ("First administrator", ["create_first_administrator"]),
)


class Command(BaseCommand):
    """Migrates, registers the shipped model, loads the guideline and creates an administrator; repeatable."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that the supervisor uses to receive a token."""
        parser.add_argument("--token-fd", type=int, help="write a short-lived API token to this descriptor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run every step, printing its title."""
        for title, command in COMMANDS:
            self.stdout.write(f"==> {title}")
            self.stdout.flush()
            call_command(*command, stdout=self.stdout)
        if options["token_fd"] is not None:
            _write_token(options["token_fd"])


def _write_token(descriptor: int) -> None:
    user = get_user_model().objects.filter(is_active=True, is_superuser=True).order_by("pk").first()
    token = str(AccessToken.for_user(user)) if user else None
    with open(descriptor, "w", encoding="ascii") as pipe:
        json.dump({"token": token}, pipe)
