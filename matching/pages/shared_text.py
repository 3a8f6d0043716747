"""Text that another app shares, or that is pasted, read as two names. Pure."""

from __future__ import annotations

import re

_TABS = re.compile(r"\t+")
_VERSUS = re.compile(r"\s+(?:vs\.?|versus)\s+", re.IGNORECASE)
_SLASH = re.compile(r"\s+/\s+")
_LABEL = re.compile(r"^\s*name\s*[ab12]\s*:\s*", re.IGNORECASE)


def split_names(text: str) -> tuple[str, str]:
    """Return two names of a text: two lines, or cells of a row, "A / B", "A vs B"; else the text and nothing.

    A slash needs spaces, because names hold some (``c/o``, ``A/S``); more than two parts are not two names.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    candidates = [lines]
    if len(lines) == 1:
        candidates += [pattern.split(lines[0]) for pattern in (_TABS, _VERSUS, _SLASH)]
    for parts in candidates:
        if len(parts) == 2:
            return _clean(parts[0]), _clean(parts[1])
    return _clean(" ".join(lines)), ""


def _clean(part: str) -> str:
    """Return a part without the label in front of it."""
    return _LABEL.sub("", part).strip()
