"""The admin pages of accounts; importing the package registers them."""

from accounts.admin import packages, privacy, users

__all__ = ["packages", "privacy", "users"]
