"""Documents in tests: small whole files of each type, and PDF files that would do something."""

import io
import zlib
from typing import Any

import typst
from django.core.files.uploadedfile import SimpleUploadedFile
from matplotlib import pyplot
from rest_framework.test import APIClient

from accounts.models import User
from feedback.models import ReviewDocument
from feedback.requests.documents import add_documents
from feedback.requests.upload import DocumentUpload
from matching.models import Prediction


def image_file(kind: str) -> bytes:
    """A small image as a program writes it: png, jpeg or tiff."""
    out = io.BytesIO()
    figure = pyplot.figure(figsize=(0.2, 0.2))
    figure.savefig(out, format=kind)
    pyplot.close(figure)
    return out.getvalue()


def pdf_file() -> bytes:
    """A small PDF with object streams, as the program of the memos writes it."""
    return bytes(typst.compile(b"Register extract"))


def pdf_of(*objects: bytes) -> bytes:
    """A PDF made by hand, of these objects."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (at, each) for at, each in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def object_stream(content: bytes, packed: bytes | None = None) -> bytes:
    """An object stream that packs this content."""
    data = zlib.compress(content) if packed is None else packed
    head = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>" % len(data)
    return head + b"\nstream\n" + data + b"\nendstream"


def file_of(name: str, content: bytes) -> SimpleUploadedFile:
    """A file of a form, whose sender does not say what it is."""
    return SimpleUploadedFile(name, content, "application/octet-stream")


def send_documents(
    client: APIClient, prediction: Prediction, *files: tuple[str, bytes], **fields: str
) -> Any:
    """The answer to documents over the API."""
    form = {"files": [file_of(name, content) for name, content in files], **fields}
    return client.post(f"/api/v1/predictions/{prediction.pk}/documents", form, format="multipart")


def store_document(
    prediction: Prediction, user: User | None = None, name: str = "extract.pdf"
) -> ReviewDocument:
    """A document as the API would have stored it."""
    upload = DocumentUpload(name, "application/pdf")
    upload.file.write(pdf_of(b"<< /Type /Catalog >>"))
    upload.file.finish()
    try:
        return add_documents(prediction, user or prediction.user, [upload])[0]
    finally:
        upload.close()
