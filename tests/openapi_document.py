"""The committed OpenAPI document, and the command that writes it: ``make openapi``."""

import json
from pathlib import Path

from drf_spectacular.generators import SchemaGenerator

DOCUMENT_PATH = Path(__file__).resolve().parents[1] / "clients" / "openapi.json"


def build_document() -> str:
    """Return the OpenAPI document of this program in the form in which it is committed."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def write_document() -> None:
    """Write the document of this program to :data:`DOCUMENT_PATH`; Django is set up."""
    DOCUMENT_PATH.write_text(build_document(), encoding="utf-8")
