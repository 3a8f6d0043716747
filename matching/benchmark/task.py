"""One contestant in a process of its own: ``python -m matching.benchmark.task NAME``.

It says how long it took to start, then reads lines of pairs as JSON, works on each line and answers with the
processor time that it took. The first line warms it up. Every run has a fresh process, so that no cache of an
earlier run makes it faster.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

_IMPORT_START = time.perf_counter()

from rapidfuzz import fuzz, utils  # noqa: E402

from matching.engine import EXECUTION, compare, score_many  # noqa: E402

_IMPORT_SECONDS = time.perf_counter() - _IMPORT_START

from matching.jobs.compare_file import prepare_process  # noqa: E402
from matching.serving.engine_lists import load_engine_lists  # noqa: E402

Pairs = list[tuple[str, str]]


def compare_with_explanation(pairs: Pairs) -> None:
    """Compare every pair with its full explanation, and make of each what is sent."""
    for left, right in pairs:
        compare(left, right).to_dict()


def score_in_batches(pairs: Pairs) -> None:
    """Score every pair without explanation, in batches of 1,000."""
    for start in range(0, len(pairs), 1_000):
        score_many(pairs[start : start + 1_000])


def run_floor_baseline(pairs: Pairs) -> None:
    """Compute one rapidfuzz ratio per pair: the least that any comparison costs."""
    for left, right in pairs:
        fuzz.token_sort_ratio(left, right, processor=utils.default_process)


TASKS: dict[str, Callable[[Pairs], None]] = {
    "explained": compare_with_explanation,
    "scored": score_in_batches,
    "floor": run_floor_baseline,
}


def measure_resident_kib() -> int:
    """Return the resident memory of this process; ``ru_maxrss`` includes that of the parent at the fork."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    """Answer every line of pairs with the processor time of the task named on the command line."""
    _answer({"import": _IMPORT_SECONDS, "import_memory_kib": measure_resident_kib(), "engine": EXECUTION})
    prepare_process()
    load_engine_lists()
    for line in sys.stdin:
        pairs = [(left, right) for left, right, _ in json.loads(line)]
        started = time.process_time()
        TASKS[sys.argv[1]](pairs)
        _answer({"seconds": time.process_time() - started})


def _answer(measured: dict[str, float | str]) -> None:
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
