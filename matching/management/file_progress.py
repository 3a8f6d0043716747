"""Progress of a file on the error stream: a bar on a terminal, a line from time to time in a log."""

from __future__ import annotations

import time
from typing import Protocol

from matching.jobs.compare_file import FileProgress

_BAR_WIDTH = 30
_SECONDS_BETWEEN_BARS = 0.2
_SECONDS_BETWEEN_LINES = 10.0


class Stream(Protocol):
    """What a command writes to."""

    def write(self, msg: str, style_func: None = None, ending: str | None = None) -> None:
        """Write a text and its ending."""

    def isatty(self) -> bool:
        """Return whether a person watches."""


class ProgressReport:
    """Writes rows, share, rate and the time left; ``seconds`` are those since it was made."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._is_terminal = stream, stream.isatty()
        self._started = time.monotonic()
        self._written = self._started if not self._is_terminal else 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the beginning, never 0."""
        return max(time.monotonic() - self._started, 1e-9)

    def show(self, progress: FileProgress) -> None:
        """Write the progress, unless it was written a moment ago."""
        now = time.monotonic()
        if now - self._written < (_SECONDS_BETWEEN_BARS if self._is_terminal else _SECONDS_BETWEEN_LINES):
            return
        self._written = now
        text = describe_progress(progress, self.seconds)
        if self._is_terminal:
            self._stream.write(f"\r\x1b[K{_draw_bar(progress)}{text}", ending="")
        else:
            self._stream.write(text)

    def finish(self, text: str) -> None:
        """Write a last line in place of the bar."""
        self._stream.write(f"\r\x1b[K{text}" if self._is_terminal else text)


def describe_progress(progress: FileProgress, seconds: float) -> str:
    """Return rows, share, rate and time left as text, such as ``12,000 rows, 40 %, 9,000/s, 2 s left``."""
    rate = f"{(progress.rows - progress.resumed_rows) / seconds:,.0f}/s"
    if not progress.size:
        return f"{progress.rows:,} rows, {rate}"
    left = (progress.size - progress.read) * seconds / max(progress.read - progress.resumed_read, 1)
    return f"{progress.rows:,} rows, {_get_share(progress):.0%}, {rate}, {format_seconds(left)} left"


def format_seconds(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours, such as ``2 min 5 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def _draw_bar(progress: FileProgress) -> str:
    if not progress.size:
        return ""
    return f"{'█' * round(_get_share(progress) * _BAR_WIDTH):<{_BAR_WIDTH}} "


def _get_share(progress: FileProgress) -> float:
    return min(1.0, progress.read / progress.size) if progress.size else 0.0
