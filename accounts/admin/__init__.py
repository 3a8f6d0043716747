"""The admin pages of accounts; importing the package registers them."""

from accounts.admin import privacy, users

__all__ = ["privacy", "users"]
