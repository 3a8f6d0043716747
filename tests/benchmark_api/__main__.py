"""`make benchmark-api`: measure, show and write the section of docs/benchmarks.md."""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmark_api.settings"
os.environ["OMP_NUM_THREADS"] = "1"

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Measure in servers of its own and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1: a job and a list of a million rows")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="single,batch,jobs,lists")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args()
    home = Path(__file__).resolve().parents[2] / "var" / "benchmark-api"
    os.environ["VAR_DIR"] = str(home)
    lines = [*_measured(given, home), _shown(_load())]
    if not given.dry:
        from matching.benchmark.sections import put  # noqa: PLC0415 - Django first

        put(PAGE, "benchmark-api", "\n".join(lines))
    return 0


def _measured(given: argparse.Namespace, home: Path) -> Iterator[str]:
    from config.embedded import Embedded  # noqa: PLC0415 - after the folder is known

    with Embedded(home).held():
        import django  # noqa: PLC0415 - after the servers are up

        django.setup()
        from tests.benchmark_api import measures, system  # noqa: PLC0415 - after Django

        user, client = system.prepare()
        scale = measures.Scale(
            given.seconds,
            given.rounds,
            int(1_000_000 * given.scale),
            max(10_000, int(1_000_000 * given.scale)),
        )
        for line in _head(scale.rounds):
            yield _shown(line)
        wanted = given.only.split(",")
        with system.web() as port:
            pairs = measures.pairs(30_000)
            parts = {
                "single": lambda: measures.single(port, client, pairs, scale),
                "batch": lambda: measures.batch(port, client, pairs[::-1], scale),
                "lists": lambda: measures.lists(port, user, scale),
            }
            for name in ("single", "batch", "lists"):
                if name in wanted:
                    yield _shown("")
                    for line in parts[name]():
                        yield _shown(line)
        if "jobs" in wanted:
            yield _shown("")
            for line in measures.jobs(client, scale):
                yield _shown(line)


def _head(rounds: int) -> Iterator[str]:
    yield "## The API\n"
    yield f"Written by `make benchmark-api` on {datetime.now(UTC):%Y-%m-%d}; do not edit. One run,"
    yield f"contestants taking turns, medians of {rounds}: {platform.machine()}, {os.cpu_count()} cores,"
    yield f"Python {platform.python_version()}, gunicorn with 2 processes of 4 threads, PostgreSQL and"
    yield "Valkey from wheels (durable), and the load generator, all on the same cores. The yardstick is a"
    yield "Django REST framework view with the same sign-in that inserts one row and does nothing else."
    yield "Ratios carry further than figures."


def _load() -> str:
    """Say whether the machine had other work: then contestants that wait for several processes lose most."""
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    judged = "other work was running; run it again on a quiet machine" if busy > 3 * cores else "it was quiet"
    return f"\nLoad of the machine at the end: {busy:.1f} on {cores} cores: {judged}."


def _shown(line: str) -> str:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return line


if __name__ == "__main__":
    sys.exit(main())
