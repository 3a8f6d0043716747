"""Where ``compare_file`` writes: a file that can be continued, or standard output, which cannot."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from matching.engine import RULES_VERSION
from matching.jobs.formats.rows import FileError
from matching.jobs.offline.partial_file import PartialState, open_partial_file
from matching.jobs.offline.scores import SCORE_COLUMNS, FileCompareOptions, PairFile, get_model_version

STANDARD_STREAM = Path("-")
"""In place of a file: standard input or standard output."""


class Output(Protocol):
    """The output of one run; ``state`` says how far it came."""

    state: PartialState

    def append(self, content: bytes, position: int, rows: int = 0, errors: int = 0) -> None:
        """Write the next bytes, after which the source goes on at ``position``."""


class _StandardOutput:
    def __init__(self, start: int) -> None:
        self.state = PartialState(start)

    def append(self, content: bytes, position: int, rows: int = 0, errors: int = 0) -> None:
        """Write the next bytes. Raises :class:`FileError` when nobody reads them any more."""
        try:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
            raise FileError("Standard output was closed before all rows were written.") from None
        self.state = self.state.advance(len(content), position, rows, errors)


@contextmanager
def open_output(
    source: Path, target: Path, options: FileCompareOptions, pairs: PairFile, resume: bool
) -> Iterator[Output]:
    """Open the output, which appears under its name when the block ends well. Raises :class:`FileError`."""
    if target == STANDARD_STREAM:
        yield _StandardOutput(pairs.start)
        return
    identity = {} if source == STANDARD_STREAM else _identify_run(source, options)
    with open_partial_file(target, identity, pairs.start, resume, pairs.publish) as output:
        yield output


def _identify_run(source: Path, options: FileCompareOptions) -> dict[str, Any]:
    """Return everything that changes an output, under the words of the message about what has changed."""
    status = source.stat()
    return {
        "input file": [status.st_size, status.st_mtime_ns],
        "choice of columns": list(options.columns),
        "profile": options.profile,
        "kind": options.kind,
        "version of the model": get_model_version(),
        "version of the rules": RULES_VERSION,
        "form of the output": list(SCORE_COLUMNS),
    }
