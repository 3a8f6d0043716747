"""Grant the role of ``DATABASE_URL`` what the application needs, after a migration by the owner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.audit.database_role import SameRoleError, grant_application_role


class Command(BaseCommand):
    """Part of ``prepare``: rights on rows for the application, and on the audit trail only to append."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Grant, or say that the application owns the tables and could rewrite the audit trail."""
        role = settings.DATABASE_APPLICATION_ROLE
        try:
            grant_application_role(role)
        except SameRoleError:
            self.stderr.write(
                f"Warning: web and workers connect as {role}, which owns the tables and can rewrite the "
                "audit trail. Set DATABASE_OWNER_URL for this command to a role of its own."
            )
        else:
            self.stdout.write(f"{role} can only append to the audit trail")
