"""Starts and ends the attendant of a serving process; imported once Django is ready."""

from __future__ import annotations

from threading import Thread

from matching.serving.live_models import get_model_loader
from modelops.serving.model_refresher import ModelRefresher

_JOIN_TIMEOUT_SECONDS = 2.0
_refreshers: list[tuple[ModelRefresher, Thread]] = []


def start(kind: str) -> None:
    """Keep this process's models current, and report it as ``web`` or ``worker``."""
    attendant = ModelRefresher(get_model_loader(), kind)
    _refreshers.append((attendant, attendant.start()))


def end() -> None:
    """Take the process off the list of those that serve."""
    for attendant, thread in _refreshers:
        attendant.stop()
        thread.join(_JOIN_TIMEOUT_SECONDS)
    _refreshers.clear()
