"""Sections of docs/benchmarks.md that other commands write: each replaces its own and leaves the rest."""

from __future__ import annotations

import re
from pathlib import Path

_SECTION = re.compile(r"\n<!-- (?P<name>[a-z-]+) -->\n.*?\n<!-- end of (?P=name) -->\n", re.S)


def replace_section(page: Path, name: str, text: str) -> None:
    """Put a section where the one of that name stands, or at the end."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    section = f"\n<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->\n"
    kept = [found.group() for found in _SECTION.finditer(whole) if found["name"] != name]
    page.write_text(_SECTION.sub("", whole).rstrip("\n") + "\n" + "".join([*kept, section]), encoding="utf-8")


def read_sections(page: Path) -> str:
    """Return all such sections of a page, for whoever writes the rest of it again."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    return "".join(found.group() for found in _SECTION.finditer(whole))
