"""`make clients`: the OpenAPI document as a file, and digests of everything that was generated from it."""

import hashlib
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ROOT / "clients"
DOCUMENT = CLIENTS / "openapi.json"
DIGESTS = CLIENTS / "digests.json"


def document() -> str:
    """Return the OpenAPI document of this program, as it is kept."""
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415 - after Django was set up

    found = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def digests() -> dict[str, str]:
    """Return the SHA-256 of every file below `clients/` but that of the digests themselves."""
    files = (path for path in CLIENTS.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        str(path.relative_to(CLIENTS)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path != DIGESTS
    }


def main(step: str) -> None:
    """Write the document, or the digests once everything was generated."""
    if step == "document":
        import django  # noqa: PLC0415 - the digests need no Django

        django.setup()
        DOCUMENT.write_text(document(), encoding="utf-8")
    else:
        DIGESTS.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    main(sys.argv[1])
