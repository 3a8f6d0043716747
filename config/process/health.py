"""`python -m config.process.health web|worker|beat`: is the program alive? Exit code 0 or 1.

A web program answers /health. A worker touches a file as long as its loop turns, beat whenever it has sent a
task, which it does every ten seconds. Loads no framework: it is called every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from config.local.embedded import get_home_folder

BEAT_INTERVAL_SECONDS = 10.0
SILENCE_SECONDS = {"worker": 60, "beat": 120}
"""Seconds without a sign after which a program is not alive."""
ANSWER_SECONDS = 5


def main(arguments: list[str]) -> int:
    """Print what is wrong, if anything, and return the exit code."""
    program = (arguments or [os.environ.get("PROCESS_ROLE") or "web"])[0]
    problem = check_answer() if program == "web" else check_life(program, time.time())
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def record_life(program: str) -> None:
    """Note that a program is alive. A disk that is full must not end it."""
    with suppress(OSError):
        _find_file(program).touch()


def check_life(program: str, now: float) -> str:
    """Return what is wrong with a worker or beat, nothing when it is alive."""
    limit = SILENCE_SECONDS.get(program)
    if limit is None:
        return f"There is no program {program}: name web, worker or beat."
    try:
        silence = now - _find_file(program).stat().st_mtime
    except OSError:
        return f"{program} has not given a sign of life yet."
    return f"{program} has given no sign of life for {silence:.0f} s." if silence > limit else ""


def check_answer() -> str:
    """Return what is wrong with a web program, nothing when it answers /health."""
    port = int(os.environ.get("PORT") or "5001")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"web does not answer on port {port}: {str(error) or type(error).__name__}."
    finally:
        connection.close()
    return "" if status == 200 else f"web answered /health with {status}."


def _find_file(program: str) -> Path:
    return get_home_folder() / f"{program}.alive"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
