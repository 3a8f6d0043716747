"""What is wrong with a file or a row of it, in the language of the page or the request."""

from __future__ import annotations

from accounts.language.stored_sentences import translate_sentence
from matching.jobs.formats.sentences import SENTENCES


def show_file_error(text: str) -> str:
    """Return the sentence of a ``FileError``, of a failed job or of a row in the language of the reader."""
    return translate_sentence(text, SENTENCES)
