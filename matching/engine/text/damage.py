"""What other programs leave in a name instead of a character: entities, escapes, misread and lost letters."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import unquote

_HTML_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,6}|#x[0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});")
"""What a web page leaves in a name: ``&eacute;`` is read as the letter it stands for."""

_ESCAPED_BYTES: Final = re.compile(r"(?<=[A-Za-z.,])(?:%[0-9A-Fa-f]{2})+")
"""Characters as a web address writes them: ``%20`` for a space."""

_MISREAD_LETTER: Final = re.compile("[ÃÂ][\\x80-\\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""A letter of two bytes that was read as two letters: ``Ã©`` for ``é``."""

_LOST_LETTER: Final = re.compile(r"(?<=[^\W\d_])[?\ufffd](?=[^\W\d_])")
"""A mark that stands where a letter could not be written: ``M?ller``."""
_UNKNOWN_LETTER: Final = "ʔ"
"""Stands for a lost letter while words are found; no comparison key holds it."""


def has_damage(name: str) -> bool:
    """Return whether an ASCII name holds what another program left in it instead of a character."""
    return bool(
        ("&" in name and _HTML_ENTITY.search(name))
        or ("%" in name and _ESCAPED_BYTES.search(name))
        or ("?" in name and _LOST_LETTER.search(name))
    )


def repair_damage(name: str, index: int) -> tuple[str, int] | None:
    """Return what was meant by damaged text at an index, and where it ends; ``None`` for sound text."""
    char = name[index]
    if char == "&" and (found := _HTML_ENTITY.match(name, index)):
        return html.unescape(found.group()), found.end()
    if char == "%" and (found := _ESCAPED_BYTES.match(name, index)):
        return unquote(found.group()), found.end()
    if char in "?\ufffd" and _LOST_LETTER.match(name, index):
        return _UNKNOWN_LETTER, index + 1
    if char in "ÃÂ" and (found := _MISREAD_LETTER.match(name, index)):
        letter = found.group().encode("cp1252", "ignore").decode("utf-8", "ignore")
        return letter or found.group(), found.end()
    return None
