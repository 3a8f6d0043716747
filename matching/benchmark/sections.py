"""Sections of docs/benchmarks.md that other commands write; each command replaces only its own section."""

from __future__ import annotations

import re
from pathlib import Path

_SECTION = re.compile(r"\n<!-- (?P<name>[a-z-]+) -->\n.*?\n<!-- end of (?P=name) -->\n", re.S)


def replace_section(page: Path, name: str, text: str) -> None:
    """Replace the section of that name, which moves to the end, or append it."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    section = f"\n<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->\n"
    others = [match.group() for match in _SECTION.finditer(whole) if match["name"] != name]
    page.write_text(
        _SECTION.sub("", whole).rstrip("\n") + "\n" + "".join([*others, section]), encoding="utf-8"
    )


def read_sections(page: Path) -> str:
    """Return all such sections of a page, to be kept when the rest of it is rewritten."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    return "".join(match.group() for match in _SECTION.finditer(whole))
