"""How an installation filled with demonstration data says so on every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop

LABEL = gettext_noop("Demonstration data")


def add_demonstration_flag(_request: HttpRequest) -> dict[str, str]:
    """Give every template the label to show, empty in a real installation."""
    return {"demonstration": gettext(LABEL) if settings.IS_DEMONSTRATION else ""}


def describe_environment(_request: HttpRequest) -> list[str] | None:
    """Return the label and the colour of the badge beside the title of the admin; nothing otherwise."""
    return [gettext(LABEL), "warning"] if settings.IS_DEMONSTRATION else None
