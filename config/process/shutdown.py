"""The end of a web worker: requests in flight are finished, new ones are refused at once.

gunicorn's thread worker stops accepting on SIGTERM but keeps the socket on which it listens, and waits for
idle connections: clients connected, waited for as long as the grace period and were then reset.
"""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Any

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def install(worker: Any) -> None:
    """Handle SIGTERM in a worker, which also arrives when the master is killed (Linux only)."""
    signal.signal(signal.SIGTERM, lambda *_: _start_shutdown(worker))
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != worker.ppid:  # the master was killed before the line above
            _start_shutdown(worker)


def _start_shutdown(worker: Any) -> None:
    """Start the end of a worker once; the kernel sends the signal again for each thread of a dead master."""
    if not worker.alive:
        return
    worker.alive = False
    worker.method_queue.defer(_refuse_connections, worker)  # runs in the worker's loop, between two events


def _refuse_connections(worker: Any) -> None:
    """Take the connections that the kernel has accepted, then close sockets and silent connections."""
    worker.set_accept_enabled(False)
    for listener in worker.sockets:
        _accept_waiting(worker, listener)
        listener.close()
    worker.drop_silent_connections()


def _accept_waiting(worker: Any, listener: Any) -> None:
    """Accept until nobody waits; these requests are answered like those in flight."""
    before = -1
    while worker.nr_conns != before:
        before = worker.nr_conns
        worker.accept(listener)
