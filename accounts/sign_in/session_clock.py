"""How long a session on the pages has lasted, and when it was used last."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

_STARTED_KEY, _USED_KEY = "started_at", "used_at"

CLEAR_SITE_DATA = '"cache", "storage"'
"""Value of the header by which a browser forgets what it kept of this origin, when a session ends."""

_PRECISION_SECONDS = 60.0
"""Precision of the last use: writing the session on every request would be too expensive."""


def start_clock(session: Any) -> None:
    """Note that a session starts now."""
    session[_STARTED_KEY] = session[_USED_KEY] = time.time()


def is_over(session: Any, lifetime: timedelta, idle: timedelta | None) -> bool:
    """Return whether a session has lasted too long or was not used for too long; note its use if not.

    A session that was started without a clock ends with its cookie.
    """
    now = time.time()
    if _STARTED_KEY not in session:
        return False
    if now - session[_STARTED_KEY] >= lifetime.total_seconds():
        return True
    if idle and now - session[_USED_KEY] >= idle.total_seconds():
        return True
    if now - session[_USED_KEY] >= _PRECISION_SECONDS:
        session[_USED_KEY] = now
    return False
