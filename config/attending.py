"""Starts and ends the attendant of a serving process; imported once Django is ready."""

from __future__ import annotations

from threading import Thread

from matching.services import get_model_loader
from modelops.serving.attendant import ModelRefresher

_PATIENCE = 2.0
_running: list[tuple[ModelRefresher, Thread]] = []


def start(kind: str) -> None:
    """Keep this process's models current, and report it as ``web`` or ``worker``."""
    attendant = ModelRefresher(get_model_loader(), kind)
    _running.append((attendant, attendant.start()))


def end() -> None:
    """Take the process off the list of those that serve."""
    for attendant, thread in _running:
        attendant.stop()
        thread.join(_PATIENCE)
    _running.clear()
