"""Work in threads beside a block of a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def run_beside(work: Callable[[threading.Event], None], threads: int = 1) -> Iterator[None]:
    """Run ``work`` in threads while the block runs; its event is set at the end, then they are awaited."""
    over = threading.Event()
    running = [threading.Thread(target=work, args=(over,)) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in running:
            thread.join()
