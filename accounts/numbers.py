"""Numbers as screens and letters show them: by Python's formats, with the separators of the language."""

from __future__ import annotations

from decimal import Decimal
from string import Formatter
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import get_language

_LANGUAGES_WITH_SPACE_BEFORE_PERCENT = frozenset({"de"})


def format_number(value: float | Decimal, spec: str = ",") -> str:
    """Return a number by a format of Python in the language of the page.

    ``format_number(1234)`` is "1,234", in German "1.234"; by ``.1%`` 0.005 is "0.5%", in German "0,5 %".
    """
    return localise_number(format(value, spec))


def localise_number(number: str) -> str:
    """Return a number that Python wrote with the separators of the language of the page."""
    separators = {",": get_format("THOUSAND_SEPARATOR"), ".": get_format("DECIMAL_SEPARATOR")}
    text = "".join(str(separators.get(sign, sign)) for sign in number)
    return (
        text.replace("%", "\N{NO-BREAK SPACE}%")
        if get_language() in _LANGUAGES_WITH_SPACE_BEFORE_PERCENT
        else text
    )


class _SentenceFormatter(Formatter):
    """Formats the numbers of a sentence that have a spec in the language of the page."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one value; what is no number is formatted as always."""
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return format_number(value, format_spec) if is_number and format_spec else format(value, format_spec)


def fill(sentence: str, /, **values: object) -> str:
    """Return a translated sentence with its values: ``str.format`` in the language of the page."""
    return _SentenceFormatter().format(sentence, **values)
