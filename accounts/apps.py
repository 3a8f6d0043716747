"""Accounts: users, permissions, API keys, the audit trail and privacy."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest app: every other app may import it, and it imports none of them."""

    name = "accounts"
    verbose_name = "Users and audit"
