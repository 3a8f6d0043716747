"""An output that grows beside its target, outlives the process that writes it, and can be continued.

Beside ``answers.csv`` lie ``.answers.csv.partial`` and ``.answers.csv.state``: how far it came, and from what
it is made. The state is written only after the bytes that it counts are on the disk, so that a run ended by
``kill -9`` or a loss of power goes on from the last state and the output is the same to the byte.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from matching.jobs.formats.rows import FileError

ROWS_PER_STATE = 20_000
"""Rows after which the state is written: a second or two of work is lost at most."""


class PartialState(NamedTuple):
    """How far an output came: the position in the source, its own bytes, rows, and rows with an error."""

    position: int
    written: int = 0
    rows: int = 0
    errors: int = 0

    def advance(self, written: int, position: int, rows: int, errors: int) -> PartialState:
        """Return the state after further bytes and rows, with the position in the source after them."""
        return PartialState(position, self.written + written, self.rows + rows, self.errors + errors)


class PartialFile:
    """The output of one run; ``state`` says how far it came."""

    def __init__(
        self, file: IO[bytes], state_path: Path, identity: Mapping[str, Any], state: PartialState
    ) -> None:
        self._file, self._state_path, self._identity = file, state_path, identity
        self.state = state
        self._saved_rows = state.rows

    def append(self, content: bytes, position: int, rows: int = 0, errors: int = 0) -> None:
        """Write the next bytes, after which the source goes on at ``position``. Raises ``OSError``."""
        self._file.write(content)
        self.state = self.state.advance(len(content), position, rows, errors)
        if self.state.rows - self._saved_rows >= ROWS_PER_STATE:
            self.save_state()

    def save_state(self) -> None:
        """Write everything to the disk, then how far it came. Raises ``OSError``."""
        self._file.flush()
        os.fsync(self._file.fileno())
        following = self._state_path.with_suffix(".state-new")
        following.write_text(json.dumps({**self._identity, "state": self.state}), encoding="utf-8")
        following.replace(self._state_path)
        self._saved_rows = self.state.rows


@contextmanager
def open_partial_file(
    target: Path, identity: Mapping[str, Any], start: int, resume: bool, publish: Callable[[Path, Path], None]
) -> Iterator[PartialFile]:
    """Write an output that ``publish`` gives its name when the block ends well, and that is kept otherwise.

    ``identity`` says from what the output is made, ``start`` where the source begins. With ``resume`` an
    earlier output goes on, if there is one. Raises :class:`FileError` when it was made from something else,
    is being written by another process, or cannot be written.
    """
    if not target.parent.is_dir():
        raise FileError(f"The folder {target.parent} does not exist.")
    path, state_path = (target.with_name(f".{target.name}.{end}") for end in ("partial", "state"))
    try:
        with _open_locked(path, target) as file:
            state = _load_state(path, state_path, identity) if resume else None
            file.truncate(state.written if state else 0)
            file.seek(0, os.SEEK_END)
            partial = PartialFile(file, state_path, identity, state or PartialState(start))
            try:
                yield partial
            except BaseException:
                _keep_or_delete(partial, path, state_path)
                raise
            partial.save_state()
            path.chmod(0o644)
            publish(path, target)
            state_path.unlink()
    except OSError as error:
        raise FileError(f"{target} cannot be written: {error.strerror}.") from error


def _open_locked(path: Path, target: Path) -> IO[bytes]:
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise FileError(f"Another run is writing {target}; wait for it or end it.") from None
    return file


def _load_state(path: Path, state_path: Path, identity: Mapping[str, Any]) -> PartialState | None:
    """Return how far an earlier output came; ``None`` where there is none. Raises :class:`FileError`."""
    try:
        kept = json.loads(state_path.read_text(encoding="utf-8"))
        state = PartialState(*kept.pop("state"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if path.stat().st_size < state.written:
        return None
    if changed := [name for name, value in identity.items() if kept.get(name) != value]:
        raise FileError(
            f"The unfinished output was made with another {', '.join(changed)}; begin anew without --resume."
        )
    return state


def _keep_or_delete(partial: PartialFile, path: Path, state_path: Path) -> None:
    """Keep an output that has rows, so that it can go on; delete one that has none."""
    if partial.state.rows:
        partial.save_state()
    else:
        path.unlink()
        state_path.unlink(missing_ok=True)
