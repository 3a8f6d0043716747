"""Passwords that are refused: made of the words of product and organisation, or known to be out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

CONTEXT_WORDS = ("legal", "names", "name", "comparison", "compare", "password", "reviewer", "administrator")
"""Words of the product that a guesser tries first; ``PASSWORD_WORDS`` adds those of the organisation."""

MIN_REMAINING_LENGTH = 8
"""Letters, digits and signs that must remain when the words and a number at the end are taken out."""

_COUNTER = re.compile(r"[\d\W_]+$")
_HASH_LENGTH = 40
_LONGEST_LINE = 64


class ContextWordsValidator:
    """Refuses passwords of which little remains without the words of product and organisation."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ``ValidationError`` for such a password."""
        rest = password.lower()
        words = sorted((word.lower() for word in (*CONTEXT_WORDS, *settings.PASSWORD_WORDS)), key=len)
        for word in reversed(words):
            rest = rest.replace(word, "")
        if rest != password.lower() and len(_COUNTER.sub("", rest)) < MIN_REMAINING_LENGTH:
            raise ValidationError(
                gettext("This password consists of words that belong to this service."),
                "password_context_words",
            )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return gettext("Your password cannot consist of words that belong to this service or organisation.")


class BreachedPasswordsValidator:
    """Refuses passwords whose SHA-1 digest is in ``BREACHED_PASSWORDS``; without the file none.

    The file has one digest a line in ascending order, as the downloader of Have I Been Pwned writes it
    (``DIGEST:COUNT``, in capitals). Nobody outside is asked.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ``ValidationError`` for a password in the file."""
        if not settings.BREACHED_PASSWORDS:
            return
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        with Path(settings.BREACHED_PASSWORDS).open("rb") as file:
            if contains_digest(file, digest):
                raise ValidationError(
                    gettext("This password has appeared in a data breach."), "password_breached"
                )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return gettext("Your password cannot be one that has appeared in a data breach.")


def contains_digest(file: IO[bytes], digest: str) -> bool:
    """Say whether a sorted file of digests has this one; reads a few lines, however long the file is."""
    wanted, low, high = digest.encode("ascii"), 0, file.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        start, line = _read_line(file, middle)
        found = line[:_HASH_LENGTH].upper()
        if found == wanted:
            return True
        if found < wanted:
            low = start + len(line)
        else:
            high = start
    return False


def _read_line(file: IO[bytes], position: int) -> tuple[int, bytes]:
    """Return start and bytes of the line that a position is in."""
    begin = max(0, position - _LONGEST_LINE)
    file.seek(begin)
    before = file.read(position - begin)
    start = begin + before.rfind(b"\n") + 1 if b"\n" in before else begin
    file.seek(start)
    return start, file.readline(2 * _LONGEST_LINE)
