"""Accounts: users, permissions, API keys, the audit trail and privacy."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AccountsConfig(AppConfig):
    """The lowest app: every other app may import it, and it imports none of them."""

    name = "accounts"
    verbose_name = gettext_lazy("Users and audit")

    def ready(self) -> None:
        """Record sign-ins, second factors and identities, and register the check of the policy.

        The modules need the tables, which exist only now.
        """
        import_module("accounts.sign_in.recording").connect_receivers()
        import_module("accounts.auth.access_events")
        import_module("accounts.sign_in.checks")
