"""What a document is, by its content: one of four types, whole, and what a PDF would do when it is opened."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext

from feedback.models import DocumentType

_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_TIFF_STARTS = (b"II*\x00", b"MM\x00*")
_PDF_START = re.compile(rb"%PDF-[12]\.\d")
_PDF_END = b"%%EOF"

_ESCAPED_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_ENCRYPTED = re.compile(rb"/Encrypt\b")
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|OpenAction|AA|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToR|GoToE)\b"
)
_OBJECT_STREAM = re.compile(rb"/ObjStm\b")
_STREAM_START = re.compile(rb"stream\r?\n")
_STREAM_HEAD_BYTES = 4_096
"""Bytes after the type of an object stream within which its data begins."""

_MAX_STREAM_BYTES = 4 * 1024 * 1024
_MAX_WORK = 64 * 1024 * 1024
"""Packed and unpacked bytes that are looked at in one document; a longer one counts as active."""

ENDINGS = {
    ".pdf": DocumentType.PDF,
    ".png": DocumentType.PNG,
    ".jpg": DocumentType.JPEG,
    ".jpeg": DocumentType.JPEG,
    ".tif": DocumentType.TIFF,
    ".tiff": DocumentType.TIFF,
}
"""File name endings with the type that the content must then have."""

_UNSPECIFIC_TYPES = ("", "application/octet-stream", "binary/octet-stream")


class DocumentError(ValueError):
    """A document is refused; the message is one sentence that quotes nothing of the document."""


class DocumentContent(NamedTuple):
    """What a content is, and what a PDF asks for or would do."""

    type: DocumentType
    is_encrypted: bool = False
    has_active_content: bool = False


def inspect_document(content: bytes, file_name: str, stated_type: str) -> DocumentContent:
    """Return what a content is.

    Raises :class:`DocumentError` unless it is a whole PDF, PNG, JPEG or TIFF, and file name and stated type
    say the same.
    """
    found = _detect_type(content)
    ending = file_name[file_name.rfind(".") :].lower() if "." in file_name else ""
    stated = stated_type.partition(";")[0].strip().lower()
    if ENDINGS.get(ending) != found or stated not in (*_UNSPECIFIC_TYPES, found.value):
        raise DocumentError(
            gettext("The content is a {label}, and its name or stated type says otherwise.").format(
                label=found.label
            )
        )
    if found != DocumentType.PDF:
        return DocumentContent(found)
    names = _unescape_names(content)
    is_active = bool(_ACTIVE.search(names)) or _hides_active_content(content, names)
    return DocumentContent(found, bool(_ENCRYPTED.search(names)), is_active)


def _detect_type(content: bytes) -> DocumentType:
    """Return the type that the first bytes state. Raises :class:`DocumentError`."""
    if content.startswith(_PNG_START):
        return _require_end(content, _PNG_END, DocumentType.PNG)
    if content.startswith(_JPEG_START):
        return _require_end(content, _JPEG_END, DocumentType.JPEG)
    if content.startswith(_TIFF_STARTS):
        return _require_directory(content)
    if _PDF_START.match(content):
        return _require_end(content, _PDF_END, DocumentType.PDF)
    raise DocumentError(gettext("Send a PDF or an image (PNG, JPEG, TIFF); the content is none of them."))


def _require_end(content: bytes, end: bytes, found: DocumentType) -> DocumentType:
    if content.rfind(end) < 0:
        raise DocumentError(
            gettext("The {label} is not whole; please send it again.").format(label=found.label)
        )
    return found


def _require_directory(content: bytes) -> DocumentType:
    """Return TIFF if its first directory lies inside the content."""
    order = "little" if content.startswith(b"I") else "big"
    start = int.from_bytes(content[4:8], order)  # type: ignore[arg-type]  # one of the two orders
    if not 8 <= start <= len(content) - 2:
        raise DocumentError(
            gettext("The {label} is not whole; please send it again.").format(label=DocumentType.TIFF.label)
        )
    return DocumentType.TIFF


def _unescape_names(content: bytes) -> bytes:
    """Return the content with the bytes that names of a PDF may write as ``#4A``."""
    return _ESCAPED_NAME.sub(lambda found: bytes([int(found[1], 16)]), content)


def _hides_active_content(content: bytes, names: bytes) -> bool:
    """Return whether packed objects are active, or cannot be looked at."""
    if len(_OBJECT_STREAM.findall(content)) != len(_OBJECT_STREAM.findall(names)):
        return True  # no program writes this name with escapes
    work = 0
    for packed in _list_object_streams(content):
        unpacked = None if packed is None else _unpack(packed, _MAX_WORK - work)
        if packed is None or unpacked is None or _ACTIVE.search(_unescape_names(unpacked)):
            return True
        work += len(packed) + len(unpacked)
        if work >= _MAX_WORK:
            return True
    return False


def _list_object_streams(content: bytes) -> Iterator[memoryview | None]:
    """Yield the packed bytes of each object stream; ``None``, and nothing more, where they are not found.

    Whatever the content, each byte is searched a bounded number of times: the caller stops at ``None``.
    """
    view = memoryview(content)
    for found in _OBJECT_STREAM.finditer(content):
        start = _STREAM_START.search(content, found.end(), found.end() + _STREAM_HEAD_BYTES)
        end = (
            -1 if start is None else content.find(b"endstream", start.end(), start.end() + _MAX_STREAM_BYTES)
        )
        if start is None or end < 0:
            yield None
            return
        yield view[start.end() : end]


def _unpack(packed: memoryview, limit: int) -> bytes | None:
    """Return the unpacked bytes; ``None`` where they are not deflated, or more than ``limit``."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, max(1, limit))
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else unpacked
