"""Fonts of the memos, all from packages (SIL OFL), and code points for characters that none of them has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import manimgx_fonts
import noto_cjk_sans_jp_regular
import pymupdf_fonts
import typst
from django.utils.functional import Promise
from fontTools.ttLib import TTFont

_FONT_FOLDERS = [Path(str(package.__file__)).parent for package in (noto_cjk_sans_jp_regular, manimgx_fonts)]
_FONT_DATA = {"figo": "FiraGO-Regular.ttf", "figbo": "FiraGO-Bold.ttf"}

_SHAPELESS = re.compile(
    "[\t\n\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
"""Line ends and characters without a shape of their own (Unicode's Default_Ignorable_Code_Point)."""


@lru_cache(maxsize=1)
def load_fonts() -> typst.Fonts:
    """Return all fonts of the memos."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in _list_folders()])


def replace_unprintable(text: str) -> str:
    """Return text with ``[U+1234]`` for every character that no font can print."""
    return "".join(char if _is_printable(char) else format_code_point(char) for char in text)


def replace_beyond_ascii(text: str) -> str:
    """Return text with ``[U+1234]`` for every character that is not printable ASCII."""
    return "".join(char if " " <= char <= "~" else format_code_point(char) for char in text)


def format_code_point(char: str) -> str:
    """Return a character as ``[U+1234]``."""
    return f"[U+{ord(char):04X}]"


def map_texts(change: Callable[[str], str], content: Any) -> Any:
    """Return a text, or nested lists and dictionaries of texts, with each text changed."""
    if isinstance(content, str | Promise):
        return change(str(content))
    if isinstance(content, dict):
        return {key: map_texts(change, value) for key, value in content.items()}
    return [map_texts(change, value) for value in content] if isinstance(content, list) else content


@lru_cache(maxsize=4096)
def _is_printable(char: str) -> bool:
    """Say whether a font has the character; one for private use has no agreed shape, so it never is."""
    if _SHAPELESS.match(char):
        return True
    return unicodedata.category(char) not in ("Cc", "Cn", "Co", "Cs") and ord(char) in _load_code_points()


@lru_cache(maxsize=1)
def _load_code_points() -> frozenset[int]:
    """Return the code points that at least one font has."""
    points: set[int] = set()
    for folder in _list_folders():
        for file in folder.glob("*.[ot]tf"):
            with TTFont(file, lazy=True) as font:
                points |= font.getBestCmap().keys()
    return frozenset(points)


def _list_folders() -> list[Path]:
    return [Path(_write_font_data().name), *_FONT_FOLDERS]


@lru_cache(maxsize=1)
def _write_font_data() -> TemporaryDirectory[str]:
    """Write the fonts that a package keeps as data into a folder, which ends with the process."""
    folder = TemporaryDirectory(prefix="memo-fonts-")
    for name, file in _FONT_DATA.items():
        (Path(folder.name) / file).write_bytes(pymupdf_fonts.myfont(name))
    return folder
