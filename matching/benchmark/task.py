"""One timed task in a process of its own: ``python -m matching.benchmark.task NAME < pairs.json``.

Every run has a fresh process, so that no cache of an earlier run makes it faster.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

_IMPORT_START = time.perf_counter()

from rapidfuzz import fuzz, utils  # noqa: E402

from matching.engine import compare, score_many  # noqa: E402

_IMPORT_SECONDS = time.perf_counter() - _IMPORT_START

from matching.jobs.compare_file import prepare_process  # noqa: E402

Pairs = list[tuple[str, str]]


def compare_with_explanation(pairs: Pairs) -> None:
    """Compare every pair with its full explanation."""
    for left, right in pairs:
        compare(left, right)


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


def time_single_comparisons(pairs: Pairs) -> dict[str, float]:
    """Return the seconds of one comparison by a warm engine: with new names, and with the same again."""
    compare("Warm Up Trading LLC", "Warm-Up Trading Limited")
    started = time.perf_counter()
    for left, right in pairs:
        compare(left, right)
    cold = time.perf_counter() - started
    started = time.perf_counter()
    for left, right in pairs:
        compare(left, right)
    return {"cold": cold / len(pairs), "warm": (time.perf_counter() - started) / len(pairs)}


def main() -> None:
    """Run the task named on the command line and print its measurements as JSON."""
    result: dict[str, float] = {"import": _IMPORT_SECONDS, "import_memory_kib": measure_resident_kib()}
    pairs = [(left, right) for left, right, _ in json.load(sys.stdin)]
    prepare_process()
    started = time.perf_counter()
    if sys.argv[1] == "single":
        result |= time_single_comparisons(pairs[:500])
    else:
        TASKS[sys.argv[1]](pairs)
    result["seconds"] = time.perf_counter() - started
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
