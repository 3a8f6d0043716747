"""Which place an address names: a path, or ``s3://bucket/folder``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from matching.storage.files import FileStore
from matching.storage.local_folder import LocalFolder

BUCKET_SCHEME = "s3"
_COPY_BYTES = 1024 * 1024


def is_bucket(place: str) -> bool:
    """Say whether an address names a bucket and not a folder."""
    return place.startswith(f"{BUCKET_SCHEME}://")


@lru_cache(maxsize=32)
def get_store(place: str) -> FileStore:
    """Return the place of an address. Raises ``ImportError`` for a bucket without the extra ``s3``."""
    if not is_bucket(place):
        return LocalFolder(Path(place))
    parts = urlsplit(place)
    # The client of S3 takes half a second to load, and an installation with folders never needs it.
    module = import_module("matching.storage.bucket")
    return cast("FileStore", module.Bucket(parts.netloc, parts.path.strip("/")))


def save_file(store: FileStore, name: str, content: BinaryIO) -> None:
    """Write a file from an open one, in constant memory, complete or not at all. Raises ``OSError``."""
    store.create_folder(name.rpartition("/")[0])
    draft = store.create(name)
    try:
        while part := content.read(_COPY_BYTES):
            draft.write(part)
        draft.complete()
    finally:
        draft.discard()
