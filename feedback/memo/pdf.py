"""Documents as PDF by Typst: memos, and whatever else has a template and content of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from feedback.memo.fonts import load_fonts, map_texts, replace_beyond_ascii, replace_unprintable

_MEMO_TEMPLATE = Path(__file__).with_name("memo.typ")


class MemoRenderError(Exception):
    """The document cannot be printed. The text holds nothing of it."""


def render_pdf(content: Mapping[str, Any], at: datetime, template: Path = _MEMO_TEMPLATE) -> bytes:
    """Return a document as an accessible PDF (PDF/UA-1); the same content and time give the same bytes.

    The template reads the content as JSON from the input ``memo``. A character that no font has is printed as
    its code point, and ``memo.replaced`` says so. Raises :class:`MemoRenderError`.
    """
    document = dict(content)
    try:
        return _compile(template, document, map_texts(replace_unprintable, document), at)
    except typst.TypstError:  # each character has a glyph, but no font has all of one cluster
        pass
    try:
        return _compile(template, document, map_texts(replace_beyond_ascii, document), at)
    except typst.TypstError:
        raise MemoRenderError("This document cannot be printed as PDF; take it as JSON.") from None


def _compile(template: Path, content: dict[str, Any], printed: dict[str, Any], at: datetime) -> bytes:
    printed["replaced"] = printed != content
    return typst.compile(
        template.read_bytes(),
        font_paths=load_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"memo": json.dumps(printed, ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=at,
    )
