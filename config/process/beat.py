"""The end of beat on a signal, whatever it is doing.

Celery's own handler raises ``SystemExit`` wherever the program is. Code that begins beat swallows it now and
then, and beat goes on for ever. Here the loop is told to end; it is interrupted only where it sleeps.
"""

from __future__ import annotations

from types import FrameType
from typing import Any

from celery import platforms
from celery.apps import beat
from celery.beat import Service

_LOOP: Any = Service.start.__code__


class Beat(beat.Beat):
    """Celery's beat, whose loop ends on a signal after what it is doing."""

    def install_sync_handler(self, service: Service) -> None:
        """End the loop of the service on ``SIGTERM`` and ``SIGINT``."""

        def end(_number: int, frame: FrameType | None) -> None:
            service.stop()
            if frame is not None and frame.f_code is _LOOP:  # it sleeps, and would wait up to five seconds
                raise SystemExit

        platforms.signals.update(SIGTERM=end, SIGINT=end)
