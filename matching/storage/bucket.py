"""Files as objects of an S3-compatible store.

Connection, credentials and bucket are those of django-storages. Its file is not used: it copies a whole
object to a disk before the first byte is read, and where an exception leaves the block it ends a half-written
object as a whole one.
"""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from matching.storage.files import FileDraft, StoredFile, StoreUnavailableError

PART_BYTES = 8 * 1024 * 1024
"""Bytes of one part of a large object: at most so many are held in memory, and 10,000 parts are 80 GB."""

READ_BYTES = 256 * 1024
"""Bytes of one request: about the rows of one piece of a job."""

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 15, 3
"""Longest silence in one attempt, and attempts: a web process answers before the gateway gives up."""

_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)
_ABSENT = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


@contextmanager
def _translate_errors(what: str) -> Iterator[None]:
    """Raise ``FileNotFoundError`` for an object that is not there, ``StoreUnavailableError`` for the rest."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            raise FileNotFoundError(errno.ENOENT, "no such object", what) from error
        raise StoreUnavailableError(errno.EIO, f"the object store refused: {error}", what) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(errno.EIO, f"the object store does not answer: {error}", what) from error


class ObjectDraft:
    """An object on its way: parts are sent as they fill, and the store shows none of it until the end."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        self._buffer = bytearray()
        self._upload: dict[str, str] = {}
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes, /) -> int:
        """Append bytes; sends a part when there are enough."""
        self._buffer += data
        while len(self._buffer) > PART_BYTES:
            self._send_part(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(data)

    def complete(self) -> None:
        """Send the rest and have the store keep the object under its name, from now on durably."""
        with _translate_errors(self._object["Key"]):
            if not self._parts:
                self._client.put_object(**self._object, Body=bytes(self._buffer))
                return
            self._send_part(bytes(self._buffer))
            parts = {"Parts": self._parts}
            self._client.complete_multipart_upload(**self._object, **self._upload, MultipartUpload=parts)
            self._upload = {}

    def discard(self) -> None:
        """Have the store forget the parts. Where it does not answer they are deleted after a day."""
        upload, self._upload = self._upload, {}
        if upload:
            with contextlib.suppress(BotoCoreError, ClientError):
                self._client.abort_multipart_upload(**self._object, **upload)

    def _send_part(self, part: bytes) -> None:
        with _translate_errors(self._object["Key"]):
            if not self._upload:
                started = self._client.create_multipart_upload(**self._object)
                self._upload = {"UploadId": started["UploadId"]}
            number = len(self._parts) + 1
            answer = self._client.upload_part(**self._object, **self._upload, PartNumber=number, Body=part)
            self._parts.append({"ETag": answer["ETag"], "PartNumber": number})


class ObjectReader(io.RawIOBase):
    """Reads ranges of one version of an object: one that replaces it meanwhile is an ``OSError``."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        super().__init__()
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        with _translate_errors(key):
            head = client.head_object(**self._object)
        self._size, self._version = int(head["ContentLength"]), head["ETag"]
        self._position = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer by one request."""
        end = min(self._position + len(buffer), self._size)
        if self._position >= end:
            return 0
        span = f"bytes={self._position}-{end - 1}"
        with _translate_errors(self._object["Key"]):
            answer = self._client.get_object(**self._object, Range=span, IfMatch=self._version)
            part = answer["Body"].read()
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)


class Bucket:
    """A bucket, or the objects of it whose keys begin with a prefix."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._name, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._storage = S3Storage(bucket_name=bucket, client_config=_CONFIG)

    def create_folder(self, folder: str) -> None:
        """Do nothing: keys need no folder."""

    def create(self, name: str) -> FileDraft:
        """Begin to write an object."""
        return ObjectDraft(self._client, self._name, self._prefix + name)

    def open(self, name: str) -> io.BufferedReader:
        """Open an object for reading by ranges."""
        reader = ObjectReader(self._client, self._name, self._prefix + name)
        return io.BufferedReader(reader, READ_BYTES)

    def delete(self, name: str) -> None:
        """Delete an object."""
        with _translate_errors(name):
            self._storage.delete(self._prefix + name)

    def delete_folder(self, folder: str) -> None:
        """Delete the objects of a folder, a thousand by one request."""
        with _translate_errors(folder):
            self._storage.bucket.objects.filter(Prefix=f"{self._prefix}{folder}/").delete()

    def list_files(self, folder: str = "") -> Iterator[StoredFile]:
        """Yield objects in the order of their keys."""
        prefix = f"{self._prefix}{folder}/" if folder else self._prefix
        with _translate_errors(folder):
            for found in self._storage.bucket.objects.filter(Prefix=prefix):
                yield StoredFile(found.key.removeprefix(self._prefix), found.size, found.last_modified)

    def list_folders(self) -> Iterator[tuple[str, datetime]]:
        """Yield the first parts of keys, each with the newest time of its objects."""
        folders: dict[str, datetime] = {}
        for found in self.list_files():
            head, _, rest = found.name.partition("/")
            if rest:
                folders[head] = max(folders.get(head, found.changed_at), found.changed_at)
        yield from folders.items()

    def delete_drafts(self, before: datetime) -> None:
        """Abort uploads in parts that were begun before a moment and never ended."""
        with _translate_errors(self._prefix):
            for upload in self._storage.bucket.multipart_uploads.filter(Prefix=self._prefix):
                if upload.initiated < before:
                    upload.abort()

    @property
    def _client(self) -> Any:
        return self._storage.bucket.meta.client
