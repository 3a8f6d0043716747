"""What a document is: by content, whole, and what a PDF would do."""

import pytest

from feedback.requests.document_content import DocumentError, inspect_document
from feedback.requests.upload import clean_file_name
from tests.documents import image_file, object_stream, pdf_file, pdf_of

SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


@pytest.mark.parametrize(
    ("content", "name", "label"),
    [
        (pdf_file(), "extract.pdf", "PDF"),
        (image_file("png"), "scan.PNG", "PNG"),
        (image_file("jpeg"), "scan.jpg", "JPEG"),
        (image_file("jpeg"), "scan.jpeg", "JPEG"),
        (image_file("tiff"), "scan.tif", "TIFF"),
    ],
)
def test_four_types_are_told_by_their_content(content: bytes, name: str, label: str) -> None:
    found = inspect_document(content, name, "application/octet-stream")
    assert (found.type.label, found.is_encrypted, found.has_active_content) == (label, False, False)


@pytest.mark.parametrize(
    ("content", "name", "stated"),
    [
        (image_file("png"), "scan.pdf", ""),
        (image_file("png"), "scan.png", "application/pdf"),
        (pdf_file(), "extract", ""),
        (pdf_file(), "extract.pdf.html", "text/html"),
        (b"MZ\x90\x00 a program", "extract.pdf", "application/pdf"),
        (b"<html>%PDF-1.7 %%EOF</html>", "extract.pdf", "application/pdf"),
        (b"PK\x03\x04 an archive", "extract.pdf", "application/pdf"),
        (pdf_file()[:200], "extract.pdf", "application/pdf"),
        (image_file("png")[:100], "scan.png", "image/png"),
        (image_file("tiff")[:6], "scan.tiff", "image/tiff"),
    ],
)
def test_what_is_another_type_than_it_says_or_not_whole_is_refused(
    content: bytes, name: str, stated: str
) -> None:
    with pytest.raises(DocumentError):
        inspect_document(content, name, stated)


@pytest.mark.parametrize(
    "content",
    [
        pdf_of(b"<< /Type /Catalog /OpenAction 2 0 R >>", SCRIPT),
        pdf_of(b"<< /Type /Catalog >>", b"<< /S /J#61vaScript >>"),
        pdf_of(b"<< /Type /Catalog >>", b"<< /Names [(a.exe) << /EF 3 0 R /Type /EmbeddedFile >>] >>"),
        pdf_of(b"<< /Type /Catalog >>", object_stream(SCRIPT)),
        pdf_of(b"<< /Type /Catalog >>", object_stream(b"", b"not deflated")),
        pdf_of(b"<< /Type /Catalog >>", object_stream(SCRIPT).replace(b"/ObjStm", b"/Obj#53tm")),
        pdf_of(b"<< /Type /Catalog >>", object_stream(bytes(80 * 2**20))),
        pdf_of(b"<< /Type /Catalog >>", b"<< /Type /ObjStm >>"),
    ],
    ids=["script", "escaped", "file", "packed", "unreadable", "escaped type", "too large", "without data"],
)
def test_active_content_and_what_may_hide_it_is_noted(content: bytes) -> None:
    assert inspect_document(content, "extract.pdf", "").has_active_content


def test_quiet_packed_objects_are_no_active_content() -> None:
    quiet = pdf_of(b"<< /Type /Catalog >>", object_stream(b"1 0 << /Type /Page >>"))
    assert not inspect_document(quiet, "extract.pdf", "").has_active_content


def test_a_pdf_with_a_password_is_noted() -> None:
    sealed = pdf_of(b"<< /Type /Catalog >>").replace(b"/Root", b"/Encrypt 5 0 R /Root")
    assert inspect_document(sealed, "extract.pdf", "application/pdf").is_encrypted


def test_a_document_that_points_at_nothing_many_times_is_read_in_bounded_work() -> None:
    hostile = b"%PDF-1.7\n" + b"/ObjStm stream\n" * 400_000 + b"%%EOF"
    assert inspect_document(hostile, "extract.pdf", "").has_active_content


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Acme\u202efdp.exe.pdf", "Acmefdp.exe.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("x" * 300 + ".jpeg", "x" * 146 + ".jpeg"),
        (".pdf", "document.pdf"),
        ("", "document"),
    ],
)
def test_file_names_lose_what_deceives_and_keep_their_ending(sent: str, kept: str) -> None:
    assert clean_file_name(sent) == kept
