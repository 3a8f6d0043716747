"""Sections of docs/benchmarks.md; each part of a benchmark replaces only its own section."""

from __future__ import annotations

import re
from pathlib import Path

_SECTION = re.compile(r"\n<!-- (?P<name>[a-z-]+) -->\n.*?\n<!-- end of (?P=name) -->\n", re.S)


def replace_section(page: Path, name: str, text: str) -> None:
    """Replace the section of that name where it stands, or append it."""
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    section = f"\n<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->\n"
    found = next((match for match in _SECTION.finditer(whole) if match["name"] == name), None)
    start, end = found.span() if found else (len(whole), len(whole))
    page.write_text(whole[:start] + section + whole[end:], encoding="utf-8")
