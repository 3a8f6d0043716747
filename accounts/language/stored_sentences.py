"""Sentences that are stored in English, translated where they are shown.

What was found is stored as one English sentence, a filled template of its app. Its parameters are read back
and put into the template of the other language, so what was stored before there was one is translated too.
A sentence that is none of the templates, or too long, stays English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from string import Formatter

from django.utils.translation import get_language, gettext

from accounts.language.choice import SOURCE
from accounts.numbers import localise_number

_NUMBER = r"[+-]?(?:\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf)%?"
_SEPARATOR = "; "
_MAX_LENGTH = 4_000
"""Characters of the longest text that is read back: a row of a file can quote 64 KiB, and the time grows with
the square of its length where a template has two texts."""


def translate_sentence(text: str, templates: Sequence[str]) -> str:
    """Return a stored sentence in the language of the page.

    A parameter with a format (``{rows:,}``) is a number, written in the form of the language. One whose name
    ends in ``sentence`` is itself a sentence of the templates, in ``sentences`` several, divided by
    semicolons; where one of them is unknown, the whole stays English. All others are quoted as they are.
    """
    if not text or len(text) > _MAX_LENGTH or (get_language() or SOURCE) == SOURCE:
        return text
    translated = _translate(text, templates)
    return text if translated is None else translated


def _translate(text: str, templates: Sequence[str]) -> str | None:
    if text in templates:
        return gettext(text)
    for template in templates:
        if found := _compile(template).fullmatch(text):
            filled = _fill(template, found.groupdict(), templates)
            if filled is not None:
                return filled
    return None


@cache
def _compile(template: str) -> re.Pattern[str]:
    """Return the pattern of a filled template, with a group for each parameter."""
    pieces = []
    for words, name, spec, _ in Formatter().parse(template):
        pieces.append(re.escape(words))
        if name:
            pieces.append(f"(?P<{name}>{_NUMBER if spec else '.+?'})")
    return re.compile("".join(pieces), re.DOTALL)


def _fill(template: str, parameters: dict[str, str], templates: Sequence[str]) -> str | None:
    """Return the template of the other language with these parameters; ``None`` for an unknown sentence."""
    pieces: list[str] = []
    for words, name, spec, _ in Formatter().parse(gettext(template)):
        pieces.append(words)
        if name:
            part = _translate_parameter(name, spec or "", parameters[name], templates)
            if part is None:
                return None
            pieces.append(part)
    return "".join(pieces)


def _translate_parameter(name: str, spec: str, text: str, templates: Sequence[str]) -> str | None:
    if spec:
        return localise_number(text)
    if name.endswith("sentence"):
        return _translate(text, templates)
    if name.endswith("sentences"):
        parts = [_translate(part, templates) for part in text.split(_SEPARATOR)]
        known = [part for part in parts if part is not None]
        return _SEPARATOR.join(known) if len(known) == len(parts) else None
    return text
