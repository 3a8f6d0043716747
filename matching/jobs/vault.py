"""Files that hold names: encrypted in frames, so that any size is written and read in flat memory.

AES-256-GCM over frames of 64 KiB, each bound to its file, its place in it and to being the last one, so that
a file that was cut, reordered or put in another's place does not open. Every job has a key of its own, kept
encrypted in its row: deleting the row makes every copy of its files unreadable, and rotating the field keys
rewrites no file.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts.fields import DecryptionError

FRAME = 64 * 1024
_MAGIC = b"LNV1"
_PREFIX = 8
_HEAD = len(_MAGIC) + _PREFIX
_TAG = 16
_LAST_FRAME = 2**32 - 1


def new_key() -> str:
    """Return a random 256-bit key as text."""
    return base64.urlsafe_b64encode(AESGCM.generate_key(256)).decode()


def _cipher(key: str) -> AESGCM:
    return AESGCM(base64.urlsafe_b64decode(key))


def _bound(label: str, last: bool) -> bytes:
    return f"{label}\x1f{int(last)}".encode()


class VaultWriter:
    """Encrypts what is written into an open file; nothing of it opens before :meth:`finish`."""

    def __init__(self, file: BinaryIO, key: str, label: str) -> None:
        self._file = file
        self._cipher = _cipher(key)
        self._label = label
        self._prefix = os.urandom(_PREFIX)
        self._held = bytearray()
        self._frame = 0
        file.write(_MAGIC + self._prefix)

    def write(self, data: bytes) -> None:
        """Take more bytes; at most one frame is held. Raises ``OSError`` when the disk is full."""
        self._held += data
        while len(self._held) > FRAME:
            self._put(bytes(self._held[:FRAME]), last=False)
            del self._held[:FRAME]

    def finish(self) -> None:
        """Write the last frame and see it on the disk."""
        self._put(bytes(self._held), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _put(self, plain: bytes, last: bool) -> None:
        if self._frame > _LAST_FRAME:
            raise OverflowError("a file holds at most 2**32 frames")
        nonce = self._prefix + self._frame.to_bytes(4, "big")
        self._file.write(self._cipher.encrypt(nonce, plain, _bound(self._label, last)))
        self._frame += 1


class VaultReader(io.RawIOBase):
    """Reads an encrypted file from any place in it; holds one frame."""

    def __init__(self, file: BinaryIO, key: str, label: str) -> None:
        super().__init__()
        self._file = file
        self._cipher = _cipher(key)
        self._label = label
        stored = file.seek(0, io.SEEK_END) - _HEAD
        self._frames = max(1, -(-stored // (FRAME + _TAG)))
        self._size = stored - self._frames * _TAG
        file.seek(0)
        head = file.read(_HEAD)
        if self._size < 0 or not head.startswith(_MAGIC):
            raise DecryptionError(f"{label} is no encrypted file")
        self._prefix = head[len(_MAGIC) :]
        self._at = 0
        self._open: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from one frame. Raises ``DecryptionError`` for a damaged or foreign file."""
        frame, offset = divmod(self._at, FRAME)
        if self._at >= self._size and self._size:
            return 0
        part = self._plain(frame)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        """Close the file beneath, too."""
        self._file.close()
        super().close()

    def _plain(self, frame: int) -> bytes:
        if self._open[0] != frame:
            self._file.seek(_HEAD + frame * (FRAME + _TAG))
            sealed = self._file.read(FRAME + _TAG)
            nonce = self._prefix + frame.to_bytes(4, "big")
            bound = _bound(self._label, frame == self._frames - 1)
            try:
                self._open = (frame, self._cipher.decrypt(nonce, sealed, bound))
            except InvalidTag:
                raise DecryptionError(f"{self._label} does not open: damaged, cut or foreign") from None
        return self._open[1]


def label_of(path: Path) -> str:
    """Return what a file is bound to: its folder, which is the job's id, and its name."""
    return f"{path.parent.name}/{path.name}"


@contextmanager
def written(path: Path, key: str) -> Iterator[VaultWriter]:
    """Write a file that appears whole, under its name, or not at all.

    Its folder must be there: that of a job that is gone is not made again. Raises ``OSError``.
    """
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            writer = VaultWriter(file, key, label_of(path))
            yield writer
            writer.finish()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def opened(path: Path, key: str) -> io.BufferedReader:
    """Return the content of a file, to be read from any place. Raises ``OSError``, ``DecryptionError``."""
    return io.BufferedReader(VaultReader(path.open("rb"), key, label_of(path)), FRAME)
