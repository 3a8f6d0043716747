"""Encryption of files that hold names, in frames, so that any size is written and read in constant memory.

AES-256-GCM over frames of 64 KiB; each frame authenticates its file, its index and whether it is the last,
so that a truncated, reordered or exchanged file does not open. Every job has its own key, stored encrypted in
its row: deleting the row makes every copy of its files unreadable, and rotating the field keys rewrites no
file.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts.encryption.fields import DecryptionError
from matching.storage.files import FileDraft, FileStore

FRAME_BYTES = 64 * 1024
_MAGIC = b"LNV1"
_NONCE_PREFIX_BYTES = 8
_HEADER_BYTES = len(_MAGIC) + _NONCE_PREFIX_BYTES
_TAG_BYTES = 16
_MAX_FRAME_INDEX = 2**32 - 1


def generate_key() -> str:
    """Return a random 256-bit key as text."""
    return base64.urlsafe_b64encode(AESGCM.generate_key(256)).decode()


def _build_cipher(key: str) -> AESGCM:
    return AESGCM(base64.urlsafe_b64decode(key))


def _build_associated_data(label: str, last: bool) -> bytes:
    return f"{label}\x1f{int(last)}".encode()


class EncryptedWriter:
    """Encrypts into a file that is being written; the result cannot be opened before :meth:`finish`."""

    def __init__(self, file: FileDraft, key: str, label: str) -> None:
        self._file = file
        self._cipher = _build_cipher(key)
        self._label = label
        self._prefix = os.urandom(_NONCE_PREFIX_BYTES)
        self._buffer = bytearray()
        self._frame_index = 0
        file.write(_MAGIC + self._prefix)

    def write(self, data: bytes) -> None:
        """Append bytes; at most one frame is buffered. Raises ``OSError`` where there is no room."""
        self._buffer += data
        while len(self._buffer) > FRAME_BYTES:
            self._write_frame(bytes(self._buffer[:FRAME_BYTES]), last=False)
            del self._buffer[:FRAME_BYTES]

    def finish(self) -> None:
        """Write the last frame."""
        self._write_frame(bytes(self._buffer), last=True)

    def _write_frame(self, plain: bytes, last: bool) -> None:
        if self._frame_index > _MAX_FRAME_INDEX:
            raise OverflowError("a file holds at most 2**32 frames")
        nonce = self._prefix + self._frame_index.to_bytes(4, "big")
        self._file.write(self._cipher.encrypt(nonce, plain, _build_associated_data(self._label, last)))
        self._frame_index += 1


class EncryptedReader(io.RawIOBase):
    """Random access to the plain text of an encrypted file; one frame is in memory."""

    def __init__(self, file: BinaryIO, key: str, label: str) -> None:
        super().__init__()
        self._file = file
        self._cipher = _build_cipher(key)
        self._label = label
        stored = file.seek(0, io.SEEK_END) - _HEADER_BYTES
        self._frame_count = max(1, -(-stored // (FRAME_BYTES + _TAG_BYTES)))
        self._size = stored - self._frame_count * _TAG_BYTES
        file.seek(0)
        head = file.read(_HEADER_BYTES)
        if self._size < 0 or not head.startswith(_MAGIC):
            raise DecryptionError(f"{label} is no encrypted file")
        self._prefix = head[len(_MAGIC) :]
        self._position = 0
        self._cached_frame: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position in the plain text."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position in the plain text and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from one frame. Raises ``DecryptionError`` for a damaged or exchanged file."""
        frame, offset = divmod(self._position, FRAME_BYTES)
        if self._position >= self._size and self._size:
            return 0
        part = self._decrypt_frame(frame)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        """Close this reader and the file under it."""
        self._file.close()
        super().close()

    def _decrypt_frame(self, frame: int) -> bytes:
        if self._cached_frame[0] != frame:
            self._file.seek(_HEADER_BYTES + frame * (FRAME_BYTES + _TAG_BYTES))
            sealed = self._file.read(FRAME_BYTES + _TAG_BYTES)
            nonce = self._prefix + frame.to_bytes(4, "big")
            bound = _build_associated_data(self._label, frame == self._frame_count - 1)
            try:
                self._cached_frame = (frame, self._cipher.decrypt(nonce, sealed, bound))
            except InvalidTag:
                raise DecryptionError(f"{self._label} does not open: damaged, cut or foreign") from None
        return self._cached_frame[1]


@contextmanager
def create_encrypted_file(store: FileStore, name: str, key: str) -> Iterator[EncryptedWriter]:
    """Write a file that appears under its name when it is complete, or not at all.

    Its frames authenticate the name, which begins with the folder: the id of a job. Raises ``OSError``.
    """
    draft = store.create(name)
    try:
        writer = EncryptedWriter(draft, key, name)
        yield writer
        writer.finish()
        draft.complete()
    finally:
        draft.discard()


def open_encrypted_file(store: FileStore, name: str, key: str) -> io.BufferedReader:
    """Open a file for reading and seeking. Raises ``OSError`` and ``DecryptionError``."""
    return io.BufferedReader(EncryptedReader(store.open(name), key, name), FRAME_BYTES)
