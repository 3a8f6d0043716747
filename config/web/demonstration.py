"""How an installation filled with demonstration data says so on every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

LABEL = "Demonstration data"


def add_demonstration_flag(_request: HttpRequest) -> dict[str, str]:
    """Give every template the label to show, empty in a real installation."""
    return {"demonstration": LABEL if settings.IS_DEMONSTRATION else ""}


def describe_environment(_request: HttpRequest) -> list[str] | None:
    """Return the label and the colour of the badge beside the title of the admin; nothing otherwise."""
    return [LABEL, "warning"] if settings.IS_DEMONSTRATION else None
