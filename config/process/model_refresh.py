"""Starting and stopping the model refresher of a serving process; imported once Django is ready."""

from __future__ import annotations

import gc
from threading import Thread

from matching.serving.engine_lists import load_engine_lists
from matching.serving.live_models import get_model_loader
from modelops.serving.model_refresher import ModelRefresher

_JOIN_TIMEOUT_SECONDS = 2.0
_refreshers: list[tuple[ModelRefresher, Thread]] = []


def start(kind: str) -> None:
    """Read the engine's lists and keep this process's models current; ``kind`` is ``web`` or ``worker``.

    What is loaded then lives as long as the process; later collections of garbage do not traverse it.
    """
    load_engine_lists()
    refresher = ModelRefresher(get_model_loader(), kind)
    _refreshers.append((refresher, refresher.start()))
    gc.collect()
    gc.freeze()


def end() -> None:
    """Stop the refresher and remove the process from the list of serving processes."""
    for refresher, thread in _refreshers:
        refresher.stop()
        thread.join(_JOIN_TIMEOUT_SECONDS)
    _refreshers.clear()
