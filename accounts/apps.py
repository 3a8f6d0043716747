"""Accounts: who acts, what they may do, and the record of what they did."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest package: every other app may import it, it imports none of them."""

    name = "accounts"
    verbose_name = "People and trust"
