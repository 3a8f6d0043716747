"""What was stored of gates, trainings and deployments, in the language of the page."""

from __future__ import annotations

from accounts.language.stored_sentences import translate_sentence
from modelops.sentences import SENTENCES


def show_sentence(text: str) -> str:
    """Return a sentence that the program stored in the language of the page; what people wrote stays."""
    return translate_sentence(text, SENTENCES)
