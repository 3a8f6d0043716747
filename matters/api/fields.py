"""The field by which a request names a matter."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError

from accounts.api.fields import StrictTextField
from accounts.models import User
from matters.models import MAX_NUMBER_LENGTH, Matter
from matters.service import MatterError, find_matter, find_open_matter

MAX_REFERENCE_LENGTH = 2 * MAX_NUMBER_LENGTH + 1

ADDED_HELP = (
    "Reference (`client number/matter number`) or id of one of your matters, whose members alone see the "
    "result. Null: no matter."
)
FILTER_HELP = "Reference or id of one of your matters."
SHOWN_HELP = "Reference of the matter, whose members alone see this; null without a matter."


def build_matter_field(help_text: str = ADDED_HELP) -> StrictTextField:
    """Return the field of a request that names a matter, or none."""
    return StrictTextField(
        max_length=MAX_REFERENCE_LENGTH, default=None, allow_null=True, allow_blank=True, help_text=help_text
    )


def read_matter(user: User, reference: str | None) -> Matter | None:
    """Return the open matter that something is added to. Raises ``ValidationError``."""
    try:
        return find_open_matter(user, reference) if reference else None
    except MatterError as error:
        raise ValidationError({"matter": [str(error)]}) from None


def describe_matter(error: ValidationError) -> str:
    """Return the sentence of an error of :func:`read_matter`."""
    return str(error.detail["matter"][0])  # type: ignore[call-overload,index]


def read_matter_filter(user: User, reference: str | None) -> Matter | None:
    """Return the matter that a list is filtered by. Raises ``ValidationError``."""
    try:
        return find_matter(user, reference) if reference else None
    except MatterError as error:
        raise ValidationError({"matter": [str(error)]}) from None
