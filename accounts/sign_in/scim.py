"""Accounts kept by the identity provider through SCIM 2.0 (RFC 7643, RFC 7644): made, renamed, closed.

A user is ``userName`` (the e-mail address), ``displayName``, ``active`` and ``roles``. Deleting one closes
the account: what somebody did stays recorded. Groups are not kept; roles come by ``roles`` or at sign-in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django_scim import constants, exceptions
from django_scim.adapters import SCIMUser

from accounts.auth import users
from accounts.models import Role, User
from accounts.sign_in.identity_provider import match_groups


class ScimUser(SCIMUser):  # type: ignore[misc]  # as above
    """One account, as the identity provider sees it."""

    obj: User
    id_field = "id"

    def __init__(self, obj: User, request: HttpRequest | None = None) -> None:
        super().__init__(obj, request)
        self._values: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        """Return the SCIM resource."""
        user = self.obj
        meta = {
            "resourceType": self.resource_type,
            "created": user.created_at.isoformat(),
            "lastModified": user.updated_at.isoformat(),
            "location": self.location,
        }
        return {
            "schemas": [constants.SchemaURI.USER],
            "id": str(user.pk),
            "externalId": user.scim_external_id,
            "userName": user.email,
            "displayName": user.name,
            "emails": [{"value": user.email, "primary": True}],
            "active": user.is_active,
            "roles": [{"value": str(user.role), "primary": True}],
            "meta": meta,
        }

    def validate_dict(self, d: dict[str, Any]) -> None:
        """Check nothing yet: the readers do, and accept what Entra ID sends."""

    def validate_op_replace(self, *_operation: Any) -> None:
        """Check nothing yet, as above."""

    validate_op_add = validate_op_replace

    def from_dict(self, d: dict[str, Any]) -> None:
        """Take over the attributes of a resource. Raises ``BadRequestError``."""
        if not d.get("userName"):
            raise exceptions.BadRequestError("userName, the e-mail address, is needed.")
        for name, value in d.items():
            self._take(name, value)

    def handle_replace(self, path: Any, value: Any, operation: dict[str, Any]) -> None:
        """Take over one attribute and save."""
        self._take(path.first_path[0], value)
        self.save()

    handle_add = handle_replace

    def save(self) -> None:
        """Make or change the account. Raises ``IntegrityError`` where it must stay as it is."""
        values = self._values
        try:
            if self.obj._state.adding:
                made = users.create_user(
                    values["email"], None, values.get("role", Role.USER), None, values.get("name", "")
                )
                self.obj = users.update_user(made, values, None)
            else:
                self.obj = users.update_user(self.obj, values, None)
        except users.LastAdministratorError as error:
            raise exceptions.IntegrityError(str(error)) from error

    def delete(self) -> None:
        """Close the account."""
        self._values = {"is_active": False}
        self.save()

    def _take(self, name: str, value: Any) -> None:
        reader = _READERS.get(name)
        if reader is not None:
            field, read = reader
            self._values[field] = read(value)


def _read_email(value: Any) -> str:
    email = str(value).strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise exceptions.BadRequestError("userName must be an e-mail address.") from None
    return email


def _read_active(value: Any) -> bool:
    """Return a boolean; Entra ID sends it as text."""
    text = str(value).lower()
    if text not in ("true", "false"):
        raise exceptions.BadRequestError("active must be true or false.")
    return text == "true"


def _read_role(value: Any) -> Role:
    """Return the role that is named, or that one of the named groups has in ``OIDC_ROLES``."""
    entries = value if isinstance(value, list) else [value]
    names = [str(entry.get("value", "")) if isinstance(entry, dict) else str(entry) for entry in entries]
    role = next((Role(name) for name in names if name in Role.values), None) or match_groups(names)
    if role is None:
        raise exceptions.BadRequestError(f"roles must name one of: {', '.join(Role.values)}.")
    return role


_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "userName": ("email", _read_email),
    "displayName": ("name", lambda value: str(value or "")[:200]),
    "active": ("is_active", _read_active),
    "externalId": ("scim_external_id", lambda value: str(value or "")[:254]),
    "roles": ("role", _read_role),
}
"""Attributes that are kept, by the field they are kept in; all others are ignored (RFC 7644, section 3.3)."""
