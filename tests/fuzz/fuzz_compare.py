"""Coverage-guided fuzzing of ``compare`` (``make fuzz``): any two texts answer, soon, without an exception.

Run by the Python of an environment with atheris, with this project on its path; not part of ``make test``.
"""

from __future__ import annotations

import sys
import time

import atheris

with atheris.instrument_imports(include=["matching"]):
    from matching.engine import EmptyNameError, compare, compare_profiles

BOUND = 0.5
"""Seconds one pair may take under instrumentation, which is about ten times slower than without."""


def check(data: bytes) -> None:
    """One pair under every profile; both orders agree."""
    source = atheris.FuzzedDataProvider(data)
    left, right = source.ConsumeUnicode(200), source.ConsumeUnicode(200)
    started = time.perf_counter()
    try:
        answers = compare_profiles(left, right)
    except EmptyNameError:
        return
    assert time.perf_counter() - started < BOUND, "too slow"
    turned = compare(right, left)
    assert turned.verdict is answers["general"].verdict, "the sides matter"


compare("Warm up LLC", "Warm-up L.L.C.")
atheris.Setup(sys.argv, check)
atheris.Fuzz()
