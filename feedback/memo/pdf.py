"""Memos as PDF by Typst, with fonts from wheels so that every script prints without system packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pymupdf_fonts
import typst
from noto_cjk_sans_jp_regular import FONT_PATH

_TEMPLATE = Path(__file__).with_name("memo.typ")
_FONT_FILES = {"figo": "FiraGO-Regular.ttf", "figbo": "FiraGO-Bold.ttf"}


def render_pdf(memo: Mapping[str, Any], at: datetime) -> bytes:
    """Return a memo as an accessible PDF (PDF/UA-1); the same memo of the same time gives the same bytes."""
    return typst.compile(
        _TEMPLATE.read_bytes(),
        font_paths=_load_fonts()[1],
        ignore_system_fonts=True,
        sys_inputs={"memo": json.dumps(memo, ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=at,
    )


@lru_cache(maxsize=1)
def _load_fonts() -> tuple[TemporaryDirectory[str], typst.Fonts]:
    """Lay the faces that a package keeps as data into a folder, which ends with the process; load all."""
    folder = TemporaryDirectory(prefix="memo-fonts-")
    for name, file in _FONT_FILES.items():
        (Path(folder.name) / file).write_bytes(pymupdf_fonts.myfont(name))
    places = [folder.name, str(Path(str(FONT_PATH)).parent)]
    return folder, typst.Fonts(include_system_fonts=False, font_paths=places)
