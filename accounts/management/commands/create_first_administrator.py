"""Create the first administrator of a new installation."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.auth.users import create_first_administrator


class Command(BaseCommand):
    """Creates an administrator from ADMIN_EMAIL and ADMIN_PASSWORD; prints a generated password once."""

    help = "Create the first administrator, unless there is one already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the administrator unless an active one exists. Raises ``CommandError``."""
        configured = settings.ADMIN_PASSWORD
        password = configured or secrets.token_urlsafe(12)
        try:
            user = create_first_administrator(settings.ADMIN_EMAIL, password)
        except ValueError as error:
            raise CommandError("ADMIN_EMAIL is not set.") from error
        if user is None:
            self.stdout.write("An administrator exists already; nothing was changed.")
            return
        self.stdout.write(self.style.SUCCESS(f"Administrator created: {user.email}"))
        if not configured:
            self.stdout.write(f"Password (shown once, change it after signing in): {password}")
