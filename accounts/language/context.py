"""What templates know of languages."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language

from accounts.language.choice import SOURCE
from accounts.models import Language


def add_languages(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001 - Django's signature
    """Return the language of the page and those that can be chosen, each by its own name."""
    return {"page_language": get_language() or SOURCE, "languages": Language.choices}
