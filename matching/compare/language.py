"""Answers in the language of the request; English ones pass through untouched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext

from accounts.language.sentences import LANGUAGES_WITH_CAPITAL_NOUNS
from matching.engine import Comparison
from matching.engine.language.translation import translate_answer, translate_text
from matching.engine.language.wording import Wording


def is_english() -> bool:
    """Return whether texts are shown as the engine writes them."""
    return (get_language() or "en").startswith("en")


def show_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer, as the API gives it, in the language of the request."""
    if is_english():
        return dict(answer)
    return translate_answer(answer, Wording(gettext, get_language() in LANGUAGES_WITH_CAPITAL_NOUNS))


def show_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison that is not stored as data, in the language of the request."""
    return show_answer({**comparison.to_dict(), "profile": comparison.profile.id})


def show_text(text: str | None) -> str:
    """Return a text of the engine (a title, a missing fact) in the language of the request."""
    return translate_text(text, gettext) if text and not is_english() else text or ""
