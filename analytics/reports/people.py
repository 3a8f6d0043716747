"""Users as reports show them: by e-mail to who may see users, else by the end of their id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import User

NAMES_PERMISSION = "accounts.view_user"
"""Permission to see who a user is."""


@dataclass(frozen=True)
class ReportUser:
    """A user in a report; ``email`` is ``None`` for those who may not see it."""

    id: UUID
    role: str
    email: str | None

    def __str__(self) -> str:
        return self.email or gettext("User …{id}").format(id=str(self.id)[-6:])

    def to_dict(self) -> dict[str, Any]:
        """Return the user as the API states it."""
        return {"id": str(self.id), "role": self.role, "email": self.email}


def load_users(ids: Collection[UUID], show_names: bool) -> dict[UUID, ReportUser]:
    """Return users by their ids."""
    rows = User.objects.filter(pk__in=ids).only("id", "email", "role")
    return {row.pk: ReportUser(row.pk, row.role, row.email if show_names else None) for row in rows}
