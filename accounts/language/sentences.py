"""Texts that are translated where they are shown, and labels inside sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text
else:
    Text = str
"""A text, or one that ``gettext_lazy`` translates when it is shown."""

__all__ = ["LANGUAGES_WITH_CAPITAL_NOUNS", "Text", "lower"]

LANGUAGES_WITH_CAPITAL_NOUNS = frozenset({"de"})
"""Languages in which a label keeps its capitals inside a sentence."""


def lower(label: Text) -> str:
    """Return a label for use inside a sentence: in small letters, where nouns have no capitals."""
    return str(label) if get_language() in LANGUAGES_WITH_CAPITAL_NOUNS else label.lower()
